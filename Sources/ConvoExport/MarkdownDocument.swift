import ConvoModel
package import ConvoStore

/// A conversation as a Markdown file: front matter in YAML, then each entry under a heading of its own.
package enum MarkdownDocument {
    /// The file's text.
    ///
    /// Entries that the server has dropped are left out, and the queries of signed links.
    ///
    /// - Parameters:
    ///   - archive: the conversation.
    ///   - files: those of its files that are stored here; the text links to their copies.
    /// - Returns: the text.
    package static func text(of archive: ArchivedConversation, files: [ExportedFile] = []) -> String {
        document(archive.facts, files: files).text(of: archive.entries)
    }

    static func document(_ facts: ArchivedConversation.Facts, files: [ExportedFile]) -> ExportDocument {
        let facts = facts.shown
        let name = VisibleText.line(facts.title ?? "")
        let title = name.allSatisfy(\.isWhitespace) ? "(no name)" : MarkdownEmitter.literal(name)
        return ExportDocument([
            .text(frontMatter(facts) + "# \(title)\n"),
            .entries(separator: "") { entry, _ in
                entry.droppedAt == nil ? section(ShownEntry(entry, files: files)) : nil
            },
        ])
    }

    private static func frontMatter(_ facts: ArchivedConversation.Facts) -> String {
        let members: [(String, String?)] = [
            ("id", facts.id.rawValue), ("remote_id", facts.remoteID?.rawValue), ("name", facts.name),
            ("description", facts.description), ("model", facts.model), ("agent_id", facts.agentID),
            ("created_at", facts.createdAt), ("updated_at", facts.updatedAt),
            ("deleted_remotely_at", facts.deletedRemotelyAt), ("parent", facts.parent?.id.rawValue),
            ("parent_remote_id", facts.parent?.remoteID?.rawValue), ("parent_entry", facts.parent?.entry?.rawValue),
        ]
        let lines = members.compactMap { key, value in value.map { "\(key): \(YAML.quoted($0))\n" } }
        let name = facts.localName.map { "local_name: \(YAML.quoted($0))\n" } ?? ""
        let tags = facts.tags.isEmpty ? "" : "tags: [\(facts.tags.map(YAML.quoted).joined(separator: ", "))]\n"
        return "---\n\(lines.joined())\(name)\(tags)---\n\n"
    }

    private static func section(_ entry: ShownEntry) -> String {
        let heading = [entry.speaker, entry.time].compactMap(\.self).map(MarkdownEmitter.literal)
        var text = "\n## \(heading.joined(separator: " · "))\n"
        for piece in entry.pieces {
            switch piece {
            case .text(let words): text += "\n\(MarkdownEmitter.markdown(of: words))"
            case .thinking(let words):
                text +=
                    "\n<details>\n<summary>Thinking</summary>\n\n\(MarkdownEmitter.markdown(of: words))\n</details>\n"
            case .code(let label, let code):
                let isJSON = "{[".contains(code.first ?? " ")
                text +=
                    "\n\(MarkdownEmitter.literal(label)):\n\n\(MarkdownEmitter.fenced(code, language: isJSON ? "json" : ""))"
            case .attachment(let kind, let name):
                let words = [kind, name].filter { !$0.isEmpty }.map(MarkdownEmitter.literal).joined(separator: ": ")
                text += "\n\\[\(words)\\]\n"
            case .file(let file):
                text += "\n\(file.isImage ? "!" : "")[\(MarkdownEmitter.literal(file.name))](\(file.path))\n"
            }
        }
        return text
    }
}

/// Strings of YAML.
enum YAML {
    /// A double-quoted string of one line in printable characters, which every version of YAML reads alike.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5C: result += "\\\(scalar)"
            case 0x0A: result += "\\n"
            case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF, 0xFFFE, 0xFFFF:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
