/// The body of an answer, taken apart so that one bad element spoils only itself.
///
/// ``JSONText`` takes in only what is UTF-8 and not nested too deep, all or nothing. Here a body is read to its end whatever
/// its depth (the parser is iterative), bytes that are not UTF-8 become U+FFFD, and each element of its list says whether it
/// can be kept as it is.
public struct JSONAnswer: Sendable {
    /// An element of the answer's list.
    struct Element {
        let position: Int
        /// Only as valid as ``isTooDeep`` says.
        let value: JSONText
        let isTooDeep: Bool
        /// Bytes of it were replaced by U+FFFD.
        let isRepaired: Bool
    }

    /// The whole, for reading single members. It may be deeper than ``JSONText/depthLimit``: nothing of it is stored
    /// without a look at its depth.
    package let value: JSONText
    private let isDeep: Bool
    /// The compact bytes as they came, where they are not UTF-8.
    private let damaged: [UInt8]?

    /// Takes in the bytes of an answer; a byte order mark at their start is dropped.
    ///
    /// - Throws: ``JSONSyntaxError`` if they are not exactly one JSON value.
    public init(_ bytes: [UInt8]) throws(JSONSyntaxError) {
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

    /// Of a value that was taken in already.
    public init(_ value: JSONText) {
        self.value = value
        isDeep = false
        damaged = nil
    }

    /// The elements of the list that the answer is, or that is its member of the name given; `nil` where it is none.
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

    /// The answer as a value to keep; `nil` where it is too deep for that.
    package var kept: JSONText? { isDeep ? nil : value }

    /// The answer as a value to keep: without its list's elements that are too deep; `nil` where it is too deep elsewhere.
    func kept(_ field: String) -> JSONText? {
        guard isDeep else { return value }
        let shallow = elements(of: field)?.filter { !$0.isTooDeep }.map(\.value)
        let result = shallow.map { value.setting(field, to: .array($0)) } ?? value
        return result.depth > JSONText.depthLimit ? nil : result
    }

    /// Which elements have bytes that are not UTF-8.
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
    /// Moves to the value of an object's member; `false` where there is none of that name.
    fileprivate mutating func move(to field: String) -> Bool {
        guard peek() == UInt8(ascii: "{") else { return false }
        enter()
        while let name = nextKey() {
            if matches(name, field) { return true }
            _ = nextValue()
        }
        return false
    }
}

extension JSONAnswer {
    /// The list's entries, and those of its elements that are not as they should be.
    ///
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
    /// What of its bytes is not as it should be.
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

/// One element of an answer that is not as it should be: a conversation without an id, an entry nested too deep, bytes that
/// are no text.
///
/// It spoils only itself: the elements around it are taken in, and this one is named with its place and the reason.
public struct OddItem: Hashable, Sendable {
    /// The element's index in the answer, from 0.
    public let position: Int
    /// The element's id and name, as far as they can be read.
    public let id: String?
    public let name: String?
    /// What is wrong with it: one sentence without a capital or a full stop.
    public let reason: String
    /// The element as it came; `nil` where it is too deep to keep, or is among those that were taken in.
    public let raw: JSONText?
    /// Whether it was taken in all the same, changed as ``reason`` says.
    public let isTakenIn: Bool

    public init(
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

    /// - Parameter value: what the element's id and name are read from.
    init(position: Int, of value: JSONText, reason: String, raw: JSONText? = nil, isTakenIn: Bool = false) {
        self.init(
            position: position, id: value["id"]?.label, name: value["name"]?.string, reason: reason, raw: raw,
            isTakenIn: isTakenIn)
    }
}

extension JSONText {
    /// A string or a number as text, for naming a thing whose id is of the wrong type.
    fileprivate var label: String? { string ?? (kind == .number ? text : nil) }
}

/// A JSON value that is well formed but not what the API promises.
public enum ModelError: Error, Hashable, Sendable, CustomStringConvertible {
    case missing(field: String, in: String)
    case unexpected(expected: String, in: String)

    public var description: String {
        switch self {
        case .missing(let field, let place): "the \(place) has no \(field)"
        case .unexpected(let expected, let place): "the \(place) is not \(expected)"
        }
    }
}

extension JSONText {
    func required(_ field: String, in place: String) throws(ModelError) -> String {
        guard let value = self[field]?.name else { throw .missing(field: field, in: place) }
        return value
    }

    /// A text that tells things apart: not empty, and without U+0000, at which whatever is written in C would cut it.
    var name: String? { string.flatMap { $0.isEmpty || $0.utf8.contains(0) ? nil : $0 } }
}
