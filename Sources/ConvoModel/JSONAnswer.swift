public import ConvoJSON

/// The body of an answer, taken apart so that one bad element spoils only itself.
///
/// ``ConvoJSON/JSONText`` accepts a text whole or not at all: it must be UTF-8 and not nested too deep. This type reads a body
/// of any depth (the parser is iterative), replaces bytes that are not UTF-8 by U+FFFD, and says of each element of
/// the body's list whether it can be kept as it is.
package struct JSONAnswer: Sendable {
    /// An element of the answer's list.
    struct Element {
        /// The element's index in the list, from 0.
        let position: Int
        /// The element; deeper than ``JSONText/depthLimit`` where ``isTooDeep`` says so.
        let value: JSONText
        /// Whether the element is nested too deep to be kept.
        let isTooDeep: Bool
        /// Whether some of the element's bytes were not UTF-8 and were replaced by U+FFFD.
        let isRepaired: Bool
    }

    /// The whole body, for reading single members.
    ///
    /// It may be deeper than ``JSONText/depthLimit``, so nothing of it may be stored before its depth was checked.
    package let value: JSONText
    /// Whether the body is nested deeper than ``JSONText/depthLimit``.
    private let isDeep: Bool
    /// The compact bytes before the repair; `nil` where they are UTF-8.
    private let damaged: [UInt8]?

    /// Reads the bytes of an answer; a byte order mark at their start is dropped.
    ///
    /// - Throws: ``ConvoJSON/JSONSyntaxError`` if they are not exactly one JSON value.
    package init(_ bytes: [UInt8]) throws(JSONSyntaxError) {
        let compact = try JSONCompactor.compact(bytes, depthLimit: .max)
        isDeep = compact.depth > JSONText.depthLimit
        if let text = String(validating: compact.bytes, as: UTF8.self) {
            value = JSONText(trusted: text)
            damaged = nil
        } else {
            value = JSONText(trusted: String(decoding: compact.bytes, as: UTF8.self))
            damaged = compact.bytes
        }
    }

    /// Wraps a value that was already checked, which is neither too deep nor damaged.
    package init(_ value: JSONText) {
        self.value = value
        isDeep = false
        damaged = nil
    }

    /// The elements of one list in the answer.
    ///
    /// - Parameter field: the member that holds the list; `nil` where the answer itself is the list.
    /// - Returns: `nil` where there is no such member, or it is not an array.
    func elements(of field: String?) -> [Element]? {
        guard let list = field.map({ value[$0] }) ?? value, list.kind == .array else { return nil }
        guard isDeep || damaged != nil else {
            return list.elements.enumerated().map {
                Element(position: $0, value: $1, isTooDeep: false, isRepaired: false)
            }
        }
        let repaired = damaged.map { JSONAnswer.repairedElements(of: field, in: $0) } ?? []
        return list.elements.enumerated().map { position, element in
            Element(
                position: position, value: element, isTooDeep: isDeep && element.depth > JSONText.depthLimit,
                isRepaired: repaired.contains(position))
        }
    }

    /// The whole answer as an element of a list.
    ///
    /// - Parameter position: the element's index in the list, from 0.
    /// - Returns: the element.
    func element(at position: Int) -> Element {
        Element(position: position, value: value, isTooDeep: isDeep, isRepaired: damaged != nil)
    }

    /// The answer as a value that may be stored; `nil` where it is nested too deep.
    package var kept: JSONText? { isDeep ? nil : value }

    /// The answer as a value that may be stored, without those elements of one list that are nested too deep.
    ///
    /// - Parameter field: the member that holds the list.
    /// - Returns: `nil` where the answer is nested too deep elsewhere as well.
    func kept(_ field: String) -> JSONText? {
        guard isDeep else { return value }
        let shallow = elements(of: field)?.filter { !$0.isTooDeep }.map(\.value)
        let result = shallow.map { value.setting(field, to: .array($0)) } ?? value
        return result.depth > JSONText.depthLimit ? nil : result
    }

    /// The positions of the elements whose bytes are not UTF-8.
    private static func repairedElements(of field: String?, in bytes: [UInt8]) -> Set<Int> {
        bytes.withUnsafeBufferPointer { bytes in
            var cursor = JSONCursor(bytes)
            if let field, !cursor.move(to: field) { return [] }
            var result: Set<Int> = []
            var position = 0
            cursor.enter()
            while let element = cursor.nextElement() {
                if String(validating: bytes[element], as: UTF8.self) == nil { result.insert(position) }
                position += 1
            }
            return result
        }
    }
}

extension JSONCursor {
    /// Moves to the value of an object's member; `false` where the object has no such member.
    fileprivate mutating func move(to field: String) -> Bool {
        peek() == UInt8(ascii: "{") && seek(field)
    }
}

extension JSONAnswer {
    /// Reads the entries of one list, and names those of its elements that were left out or changed.
    ///
    /// - Parameters:
    ///   - field: the member that holds the list.
    ///   - place: the answer's noun, for the error.
    /// - Returns: the entries in the list's order, without those nested too deep to keep, and the odd items.
    /// - Throws: ``ModelError`` if there is no such list.
    func entries(_ field: String, in place: String) throws(ModelError) -> (entries: [Entry], oddItems: [OddItem]) {
        guard let elements = elements(of: field) else { throw .missing(field: field, in: place) }
        var entries: [Entry] = []
        var oddItems: [OddItem] = []
        for element in elements {
            if let oddItem = element.oddItem { oddItems.append(oddItem) }
            if !element.isTooDeep { entries.append(Entry(raw: element.value)) }
        }
        return (entries, oddItems)
    }
}

extension JSONAnswer.Element {
    /// The report on an element that is nested too deep or was repaired; `nil` for a sound one.
    var oddItem: OddItem? {
        if isTooDeep {
            return OddItem(
                position: position, of: value, reason: "it is nested deeper than \(JSONText.depthLimit) levels")
        }
        guard isRepaired else { return nil }
        return OddItem(
            position: position, of: value, reason: "it has bytes that are not UTF-8, which were replaced by U+FFFD",
            isTakenIn: true)
    }
}

/// One element of an answer that does not meet the API's promise: a conversation without an id, an entry nested too
/// deep, bytes that are not UTF-8.
///
/// It spoils only itself: the elements around it are kept, and this one is reported with its position and the reason.
public struct OddItem: Hashable, Sendable {
    /// The element's index in the answer, from 0.
    public let position: Int
    /// The element's `id`, also where that is a number; `nil` where it cannot be read.
    public let id: String?
    /// The element's `name`; `nil` where it cannot be read.
    public let name: String?
    /// The element's defect: a clause without a capital or a full stop.
    public let reason: String
    /// The element; `nil` where it is nested too deep to keep, or where it was kept among the answer's elements.
    public let raw: JSONText?
    /// Whether the element was kept all the same, changed as ``reason`` says.
    package let isTakenIn: Bool

    /// Creates a report on an element.
    ///
    /// - Parameters:
    ///   - position: the element's index in the answer, from 0.
    ///   - id: the element's id; `nil` where it cannot be read.
    ///   - name: the element's name; `nil` where it cannot be read.
    ///   - reason: what is wrong: a clause without a capital or a full stop.
    ///   - raw: the element, where it was not kept and can be stored.
    ///   - isTakenIn: whether the element was kept all the same.
    package init(
        position: Int, id: String? = nil, name: String? = nil, reason: String, raw: JSONText? = nil,
        isTakenIn: Bool = false
    ) {
        self.position = position
        self.id = id
        self.name = name
        self.reason = reason
        self.raw = raw
        self.isTakenIn = isTakenIn
    }

    /// Creates a report on an element, with the id and the name that can be read from `value`.
    init(position: Int, of value: JSONText, reason: String, raw: JSONText? = nil, isTakenIn: Bool = false) {
        self.init(
            position: position, id: value["id"]?.label, name: value["name"]?.string, reason: reason, raw: raw,
            isTakenIn: isTakenIn)
    }
}

extension JSONText {
    /// A string or a number as text, to name an element whose id has the wrong type.
    fileprivate var label: String? { string ?? (kind == .number ? text : nil) }
}

/// A JSON value that is well formed but does not have the shape that the API promises.
public enum ModelError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The value (`in`, as a noun) lacks an indispensable member, or holds something unusable in it.
    case missing(field: String, in: String)
    /// The value (`in`, as a noun) is not what was expected (`expected`, as a phrase that follows "is not").
    case unexpected(expected: String, in: String)

    /// A clause without a capital or a full stop.
    public var description: String {
        switch self {
        case .missing(let field, let place): "the \(place) has no \(field)"
        case .unexpected(let expected, let place): "the \(place) is not \(expected)"
        }
    }
}

extension JSONText {
    /// The text of a member that must be a string, not empty and without U+0000.
    ///
    /// - Parameters:
    ///   - field: the member's name.
    ///   - place: the noun for this value, for the error.
    /// - Returns: the member's text.
    /// - Throws: ``ModelError/missing(field:in:)`` where there is no such member.
    func required(_ field: String, in place: String) throws(ModelError) -> String {
        guard let value = self[field]?.name else { throw .missing(field: field, in: place) }
        return value
    }

    /// A text that can identify something: a string that is not empty and has no U+0000, where C code would cut it.
    var name: String? { string.flatMap(JSONText.name) }

    /// The member of that name as a ``name``; `nil` where it is missing or none.
    func name(of key: String) -> String? { string(of: key).flatMap(JSONText.name) }

    private static func name(_ text: String) -> String? { text.isEmpty || text.utf8.contains(0) ? nil : text }
}
