/// Takes a JSON object apart while its bytes arrive: the elements of one list in it, and the rest without them.
///
/// It holds one element at a time, so a list of any length needs no memory of its own. It only finds where elements end: the
/// caller checks that each element, and ``rest``, is JSON. If the bytes are no JSON object, one of these checks fails.
package struct JSONListSplitter {
    private enum Place { case beforeList, inList, behindList }

    private let field: String
    private var place = Place.beforeList
    /// The open arrays and objects: in the list those of the element, elsewhere those of the object.
    private var depth = 0
    private var isInString = false
    private var isEscaped = false
    /// The string of the object itself that was read last, with its quotes: a member's name where a colon follows.
    private var lastString: [UInt8] = []
    /// Whether the object's present member has its name, and whether that is the list's.
    private var (hasName, isTheList) = (false, false)
    private var element: [UInt8] = []
    /// Whether the list has a comma, so that an element must follow.
    private var hasComma = false

    /// The object's bytes so far, without the elements of the list.
    package private(set) var rest: [UInt8] = []

    /// Creates a splitter.
    ///
    /// - Parameter field: the name of the member that holds the list; if several members have it, the first one counts.
    package init(field: String) { self.field = field }

    /// How many bytes of an element are held whose end has not come.
    package var elementCount: Int { element.count }

    /// Takes the next bytes.
    ///
    /// - Parameters:
    ///   - bytes: any number of bytes.
    ///   - body: called with each element that is complete, in their order, white space around it included.
    /// - Throws: what `body` throws; the splitter is of no use then.
    package mutating func take<Failure: Error>(
        _ bytes: [UInt8], _ body: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        var start = 0
        for index in bytes.indices {
            guard let end = step(bytes[index]) else { continue }
            // A comma or a bracket that belongs to the list, or the bracket that opens it.
            switch end {
            case .opened:
                rest += bytes[start...index]
            case .separated, .closed:
                element += bytes[start..<index]
                if end == .separated || hasComma || element.contains(where: { !JSONListSplitter.isBlank($0) }) {
                    try body(element)
                }
                element.removeAll(keepingCapacity: true)
                hasComma = true
                if end == .closed { rest.append(bytes[index]) }
            }
            start = index + 1
        }
        if place == .inList { element += bytes[start...] } else { rest += bytes[start...] }
    }

    private enum Boundary { case opened, separated, closed }

    private mutating func step(_ byte: UInt8) -> Boundary? {
        if isInString {
            if place == .beforeList, depth == 1 { lastString.append(byte) }
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isInString = false
            }
            return nil
        }
        switch byte {
        case UInt8(ascii: "\""):
            isInString = true
            if place == .beforeList, depth == 1 { lastString = [byte] }
        case UInt8(ascii: "["), UInt8(ascii: "{"):
            if place == .beforeList, depth == 1, byte == UInt8(ascii: "["), isTheList {
                (place, depth) = (.inList, 0)
                return .opened
            }
            depth += 1
        case UInt8(ascii: "]") where place == .inList && depth == 0:
            place = .behindList
            depth = 1
            return .closed
        case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
        case UInt8(ascii: ",") where place == .inList && depth == 0: return .separated
        case UInt8(ascii: ",") where place == .beforeList && depth == 1: (hasName, isTheList) = (false, false)
        case UInt8(ascii: ":") where place == .beforeList && depth == 1 && !hasName:
            let name = (try? JSONText(utf8: lastString))?.string
            (hasName, isTheList) = (true, name.hasSameBytes(as: field))
        default: break
        }
        return nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
}
