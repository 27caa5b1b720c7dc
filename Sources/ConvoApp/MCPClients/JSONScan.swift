import ConvoJSON

/// The places of members in a text that is known to be JSON, with white space where it stands.
struct JSONScan {
    struct Member {
        /// The name with its quotation marks.
        let name: Range<Int>
        let value: Range<Int>
    }

    struct Object {
        /// From the brace that opens it to behind the one that closes it.
        let range: Range<Int>
        let members: [Member]
    }

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// Where the value begins: behind white space, and a byte order mark.
    var start: Int { gap(from: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0) }

    /// The object that begins at a place.
    func object(at start: Int) throws(MCPFileFault) -> Object {
        guard start < bytes.count, bytes[start] == UInt8(ascii: "{") else { throw .uneditable }
        var (members, index) = ([Member](), gap(from: start + 1))
        while index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
            let name = index..<end(ofValueAt: index)
            let value = gap(from: gap(from: name.upperBound) + 1)
            members.append(Member(name: name, value: value..<end(ofValueAt: value)))
            index = gap(from: end(ofValueAt: value))
            if index < bytes.count, bytes[index] == UInt8(ascii: ",") { index = gap(from: index + 1) }
        }
        guard index < bytes.count, bytes[index] == UInt8(ascii: "}") else { throw .uneditable }
        return Object(range: start..<index + 1, members: members)
    }

    /// The member of a name; `nil` if there is none. A name that stands twice could mean either.
    func member(_ name: String, of object: Object) throws(MCPFileFault) -> Member? {
        let found = object.members.filter { member in
            (try? JSONText(utf8: Array(bytes[member.name])))?.string.hasSameBytes(as: name) == true
        }
        guard found.count < 2 else { throw .uneditable }
        return found.first
    }

    /// The blanks before a place, if nothing else stands before it on its line; `nil` if something does.
    func indent(before place: Int) -> String? {
        var start = place
        while start > 0, bytes[start - 1] == 0x20 || bytes[start - 1] == 0x09 { start -= 1 }
        guard start == 0 || bytes[start - 1] == 0x0A else { return nil }
        return String(decoding: bytes[start..<place], as: UTF8.self)
    }

    func hasLineFeed(_ range: Range<Int>) -> Bool { bytes[range].contains(0x0A) }

    /// A member with the comma behind it, and the line feed and blanks before it.
    func extent(of member: Member) -> Range<Int> {
        var start = member.name.lowerBound
        while start > 0, bytes[start - 1] == 0x20 || bytes[start - 1] == 0x09 { start -= 1 }
        if start > 0, bytes[start - 1] == 0x0A { start -= start > 1 && bytes[start - 2] == 0x0D ? 2 : 1 }
        let next = gap(from: member.value.upperBound)
        let hasComma = next < bytes.count && bytes[next] == UInt8(ascii: ",")
        return start..<(hasComma ? next + 1 : member.value.upperBound)
    }

    /// The comma before a member; `nil` for the first one.
    func comma(before member: Member) -> Int? {
        let before = bytes[..<member.name.lowerBound].lastIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        return before.flatMap { bytes[$0] == UInt8(ascii: ",") ? $0 : nil }
    }

    private func gap(from place: Int) -> Int {
        bytes[min(place, bytes.count)...].firstIndex { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
            ?? bytes.count
    }

    private func end(ofValueAt start: Int) -> Int {
        var (index, depth) = (start, 0)
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                if depth == 0 { return min(index + 1, bytes.count) }
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth <= 1 { return depth == 1 ? index + 1 : index }
                depth -= 1
            case UInt8(ascii: ","), 0x20, 0x09, 0x0A, 0x0D:
                if depth == 0 { return index }
            default: break
            }
            index += 1
        }
        return bytes.count
    }
}
