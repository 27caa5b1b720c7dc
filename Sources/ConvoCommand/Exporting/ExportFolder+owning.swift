import ConvoApp
import ConvoExport
import ConvoModel
import ConvoPlatform
import ConvoTerminal

/// Which files of the folder are the export's: it keeps their names, and replaces no others.
extension ExportFolder {
    /// The name of a conversation's file: the one that it has here, or a new one.
    ///
    /// A person may have copied the file, or given it another name behind the id. A copy is the person's own: so another
    /// name than the recorded one, or the one that the conversation's name makes, is taken only if it is the only one, and
    /// if the file has the bytes that were written last.
    ///
    /// - Parameters:
    ///   - id: the conversation's local id.
    ///   - name: the conversation's name.
    ///   - format: the format of the file.
    ///   - last: the file as the last export wrote it; `nil` if none is recorded.
    /// - Returns: the name of a file, which need not be there.
    func name(of id: LocalID, name: String?, in format: ExportFormat, last: ExportState.File?) -> String {
        let isName = { ExportFileName.isName($0, of: id, fileExtension: format.fileExtension) }
        let last = last.flatMap { isName($0.name) && !$0.name.contains("/") ? $0 : nil }
        let known = (names[ExportFileName.stem(of: id)] ?? []).filter(isName)
        let own = ExportFileName.of(id, name: name, fileExtension: format.fileExtension)
        if let usual = [last?.name, own].compactMap(\.self).first(where: known.contains) { return usual }
        if known.count == 1, last.map({ has($0.digest, known[0]) }) ?? isBegun(known[0], in: format) { return known[0] }
        return last?.name ?? own
    }

    /// Writes a file of an export, unless it has this text already; the text comes in pieces, and is never in memory as a
    /// whole.
    ///
    /// - Parameters:
    ///   - name: the file's name.
    ///   - format: the file's format.
    ///   - last: the file as the last export wrote it; `nil` if none is recorded.
    ///   - produce: gives the text in pieces.
    /// - Returns: whether the file was written, and what is to be recorded of it.
    /// - Throws: ``CLIError`` if it cannot be written, or if no export wrote the file that has its name, and what `produce`
    ///   throws; the file is as it was then.
    func write(
        _ name: String, in format: ExportFormat, last: ExportState.File?,
        _ produce: ((String) throws -> Void) throws -> Void
    ) throws -> (isWritten: Bool, file: ExportState.File) {
        try requireOurs(name, in: format, last: last)
        let (isWritten, digest) = try replaceDigesting(name, produce)
        return (isWritten, ExportState.File(name: name, digest: digest.text))
    }

    /// Requires that nothing is lost if the file is replaced: an export wrote it, or it is empty or missing.
    ///
    /// A file that begins as an export's is one, although a person may have changed the rest.
    private func requireOurs(_ name: String, in format: ExportFormat, last: ExportState.File?) throws(CLIError) {
        var status = stat()
        guard lstat(file(name), &status) == 0 else { return }
        let isPlain = status.st_mode & S_IFMT == S_IFREG
        let isOurs = status.st_size == 0 || isBegun(name, in: format) || last.map { has($0.digest, name) } ?? false
        guard isPlain, isOurs else {
            throw CLIError(
                .diskError, code: "foreign_file", message: "No export wrote \(file(name)), so it is not replaced.",
                hint: "Give it another name, or name another folder with --output.")
        }
    }

    /// Whether a file begins as those of a format.
    private func isBegun(_ name: String, in format: ExportFormat) -> Bool {
        let descriptor = open(file(name), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: ExportFormat.beginningLength)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        return count > 0 && format.isBeginning(Array(bytes[..<count]))
    }

    /// Whether a file has the bytes of a digest.
    private func has(_ digest: String, _ name: String) -> Bool {
        // The digest begins with the length, so that nothing longer is read.
        guard isPlainFile(name), let length = Int(digest.prefix { $0 != "-" }), length <= ExportState.sizeLimit,
            let bytes = try? WholeFile.bytes(of: file(name), limit: length),
            let text = String(validating: bytes, as: UTF8.self)
        else { return false }
        return TextDigest(text).text == digest
    }
}
