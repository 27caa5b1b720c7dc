/// How a terminal shows images between lines of text.
package enum ImageProtocol: Sendable, Equatable {
    /// The protocol of kitty, which Ghostty, WezTerm and Konsole know too; of the types of files it takes PNG only.
    ///
    /// > "f=100 … PNG data" sw.kovidgoyal.net/kitty/graphics-protocol
    case kitty
    /// The protocol of iTerm2: any type that the system can show.
    case iterm

    /// The protocol of the terminal; `nil` where none is known to work.
    ///
    /// Inside tmux and screen there is none: they take the place of the terminal, and pass such sequences on only if their owner
    /// says so.
    ///
    /// - Parameter environment: looks up an environment variable.
    package init?(environment: (String) -> String?) {
        func isSet(_ name: String) -> Bool { !(environment(name) ?? "").isEmpty }
        let term = environment("TERM") ?? ""
        guard !isSet("TMUX"), !isSet("STY"), !term.hasPrefix("tmux"), !term.hasPrefix("screen") else { return nil }
        switch environment("TERM_PROGRAM") {
        case "iTerm.app", "WezTerm", "mintty": self = .iterm
        case "ghostty": self = .kitty
        default:
            guard isSet("KITTY_WINDOW_ID") || term == "xterm-kitty" || term == "xterm-ghostty" else { return nil }
            self = .kitty
        }
    }

    /// Whether the terminal shows images of a type.
    ///
    /// - Parameter mediaType: the type that the bytes tell, such as `image/png`.
    /// - Returns: whether it does.
    package func shows(_ mediaType: String) -> Bool {
        switch self {
        case .kitty: mediaType == "image/png"
        case .iterm: ["image/png", "image/jpeg", "image/gif"].contains(mediaType)
        }
    }

    /// The escape sequences that show an image at the cursor, without a line feed.
    ///
    /// - Parameters:
    ///   - base64: the file's bytes in base64.
    ///   - columns: how many columns it may take.
    ///   - isWider: whether it would take more by its own size, so that it has to be made smaller.
    /// - Returns: the sequences.
    package func sequences(base64: String, columns: Int, isWider: Bool) -> String {
        switch self {
        case .iterm:
            let size = isWider ? "width=\(columns)" : "width=auto"
            return "\u{1B}]1337;File=inline=1;preserveAspectRatio=1;\(size):\(base64)\u{07}"
        case .kitty:
            return ImageProtocol.kitty(base64, isWider ? "a=T,f=100,q=2,c=\(columns)" : "a=T,f=100,q=2")
        }
    }

    /// > "… chunks … no larger than 4096 bytes. All chunks, except the last, must have a size that is a multiple of 4."
    private static func kitty(_ base64: String, _ control: String) -> String {
        var (rest, result, keys) = (Array(base64.utf8)[...], "", control)
        repeat {
            let chunk = rest.prefix(4096)
            rest = rest.dropFirst(4096)
            let keysOfMore = keys.isEmpty ? "m=" : keys + ",m="
            result += "\u{1B}_G\(keysOfMore)\(rest.isEmpty ? 0 : 1);\(String(decoding: chunk, as: UTF8.self))\u{1B}\\"
            keys = ""
        } while !rest.isEmpty
        return result
    }
}

/// The size that the head of an image file tells.
package struct PixelSize: Equatable, Sendable {
    package let width: Int

    /// Reads the width of a PNG file; `nil` for another type of file.
    package init?(png bytes: [UInt8]) {
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        guard bytes.count >= 24, bytes.starts(with: signature), bytes[12..<16].elementsEqual("IHDR".utf8) else {
            return nil
        }
        width = bytes[16..<20].reduce(0) { $0 << 8 | Int($1) }
    }
}
