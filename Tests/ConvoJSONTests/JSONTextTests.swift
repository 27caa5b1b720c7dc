import SeededRandom
import Testing

@testable import ConvoJSON

@Suite struct `JSON text` {
    @Test(arguments: [
        "null", "true", "false", "0", "-0", "1.0", "12345678901234567890", "1e5", "-1.5E-300", "1E400", #""""#,
        #""a""#, #""\u00e9\/\b\f\n\r\t\"\\""#, #""\ud83e\udd8a""#, #""\ud800""#, "\"é日本🦊\u{7F}\u{2028}\"", "[]", "{}",
        "[[],{}]", #"{"b":1,"a":2,"b":3,"":null}"#, #"[1,2.50,"x",{"y":[null,true]}]"#,
    ])
    func `keeps what it took in:`(_ text: String) throws {
        #expect(try JSONText(text).text == text)
        #expect(try JSONText(utf8: [0xEF, 0xBB, 0xBF] + Array(text.utf8)).text == text)
        let spaced = text.replacing("{", with: " {\n").replacing(",", with: "\t,\r ").replacing("]", with: " ]")
        if !text.contains("\"") { #expect(try JSONText(spaced).text == text) }
    }

    @Test func `drops white space between tokens, and none inside of them`() throws {
        let text = "\r\n {\t\"a b\" : [ 1 , \" x \" , { } , [ ] ] , \"c\" : null } \n"
        #expect(try JSONText(text).text == #"{"a b":[1," x ",{},[]],"c":null}"#)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "truefalse", "01", "1.", ".5", "+1", "-", "1e", "1e+", "0x1", "NaN", "'a'", "\"",
        "\"\\\"",
        "\"\\x\"", "\"\\u12G4\"", "\"\\u12\"", "\"a\nb\"", "\"a\u{0}b\"", "[", "]", "[1", "[1,", "[1,]", "[,1]",
        "[1 2]",
        "{", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{1:1}", "{\"a\" 1}",
        "{\"a\":1 \"b\":2}", "[}",
        "{]", "[1}", "1 2", "{}{}", "\u{FEFF}\u{FEFF}1", "/**/1",
    ])
    func `refuses:`(_ text: String) { #expect(throws: JSONSyntaxError.self) { try JSONText(text) } }

    @Test func `refuses every beginning of a text that is not whole`() throws {
        let bytes = Array(#"{"a":[1.5e3,"\u00e9é",true,null,{"b":false}]}"#.utf8)
        for count in 0..<bytes.count {
            #expect(throws: JSONSyntaxError.self) { try JSONText(utf8: Array(bytes[..<count])) }
        }
        #expect(throws: Never.self) { try JSONText(utf8: bytes) }
    }

    @Test(
        arguments: [
            [0xFF], [0xC3], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0x80],
        ] as [[UInt8]])
    func `refuses what is not UTF-8:`(_ bytes: [UInt8]) {
        #expect(throws: JSONSyntaxError.self) { try JSONText(utf8: [0x22] + bytes + [0x22]) }
        #expect(throws: JSONSyntaxError.self) { try JSONText(utf8: bytes) }
    }

    @Test func `is as deep as its limit allows, whatever the kind`() throws {
        let limit = JSONText.depthLimit
        func nested(_ depth: Int) -> String {
            (0..<depth).map { $0 % 2 == 0 ? "[" : "{\"a\":" }.joined() + "1"
                + (0..<depth).reversed().map { $0 % 2 == 0 ? "]" : "}" }.joined()
        }
        #expect(try JSONText(nested(limit)).text == nested(limit))
        #expect(throws: JSONSyntaxError.self) { try JSONText(nested(limit + 1)) }
        #expect(throws: JSONSyntaxError.self) { try JSONText(String(repeating: "[", count: 1_000_000)) }
        var inner: JSONText? = try JSONText(nested(limit))
        var depth = 0
        while let value = inner, value.kind == .array || value.kind == .object {
            inner = value.kind == .array ? value.elements.first : value["a"]
            depth += 1
        }
        #expect(depth == limit)
        #expect(inner?.int == 1)
    }

    @Test func `reads strings with every escape`() throws {
        #expect(try JSONText(#""\"\\\/\b\f\n\r\t\u0041\u00e9""#).string == "\"\\/\u{8}\u{C}\n\r\tAé")
        #expect(try JSONText(#""\ud83e\udd8a""#).string == "🦊")
        for lone in [#""\ud83e""#, #""\udd8a""#, #""\ud83e\ud83e\udd8a""#, #""\ud83ex""#, #""\ud83e\n""#] {
            #expect(try JSONText(lone).string?.contains("\u{FFFD}") == true)
        }
        #expect(try JSONText(#""\ud83e\ud83e\udd8a""#).string == "\u{FFFD}🦊")
        for value in 0..<0x300 as Range<UInt32> {
            let scalar = try #require(Unicode.Scalar(value))
            let digits = String(value, radix: 16)
            let escaped = #""\u"# + String(repeating: "0", count: 4 - digits.count) + digits + "\""
            #expect(try JSONText(escaped).string == String(Character(scalar)))
        }
    }

    @Test func `writes strings that read back, whatever is in them`() throws {
        let strings = ["", "\"\\", "a\u{0}b", "\u{1B}[31m", "é日本🦊", "\u{2028}", "\u{7F}", "e\u{301}", "\r\n"]
        for string in strings + (0..<0x100).compactMap({ Unicode.Scalar($0).map { String($0) } }) {
            let written = JSONText.string(string)
            #expect(try JSONText(written.text) == written)
            #expect(written.string.map { Array($0.unicodeScalars) } == Array(string.unicodeScalars))
        }
    }

    @Test func `finds members by what their keys say`() throws {
        let json = try JSONText(#"{"a":1,"\u0061b":2,"é":3,"a":4,"":5}"#)
        #expect(json["a"]?.int == 1)
        #expect(json["ab"]?.int == 2)
        #expect(json["é"]?.int == 3)
        #expect(json[""]?.int == 5)
        #expect(json["x"] == nil)
        #expect(json.kind(of: "a") == .number)
        #expect(json.kind(of: "x") == nil)
        #expect(json.members.map(\.key) == ["a", "ab", "é", "a", ""])
        #expect(try JSONText("[1]")["a"] == nil)
        #expect(try JSONText(#""{""#).members.isEmpty)
    }

    /// Backslashes and quotation marks in any number and order decide where a string ends.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `finds the ends of strings, whatever is in them`(seed: UInt64) {
        var chance = SplitMix64(seed: seed)
        let pieces = ["\\", "\"", "\n", "u0041", "x", "é", "🦊", "{", "}", ",", ":", "\u{0}"]
        func words() -> String {
            (0..<chance.int(in: 0...12)).map { _ in pieces[chance.int(in: 0...pieces.count - 1)] }.joined()
        }
        for _ in 0..<200 {
            let members = [("a", words()), (words(), words()), ("b", words())]
            let object = JSONText.object(members.map { ($0.0, .array([.string($0.1)])) } + [("c", .string(words()))])
            #expect(object.members.map(\.key) == members.map(\.0) + ["c"])
            #expect(object["a"]?.elements.map(\.string) == [members[0].1])
            let key = members[1].0
            let first = object.members.first { Array($0.key.utf8) == Array(key.utf8) }?.value
            #expect(object[key] == first)
            for name in [key, "c", "d"] {
                #expect(object.string(of: name) == object[name]?.string)
                #expect(object.kind(of: name) == object[name]?.kind)
            }
        }
    }

    @Test func `reads numbers where they fit`() throws {
        #expect(try JSONText("12345678901234567890").int == nil)
        #expect(try JSONText("-9223372036854775808").int == .min)
        #expect(try JSONText("1.0").int == nil)
        #expect(try JSONText("1.0").double == 1)
        #expect(try JSONText("true").int == nil)
        #expect(JSONText.double(.nan) == .null)
        #expect(try JSONText(JSONText.double(1e300).text).double == 1e300)
    }

    @Test func `sets a member in its place, and leaves the others as they were`() throws {
        let json = try JSONText(#"{"a":1.0,"b":[ 1 ],"c":null}"#)
        #expect(json.setting("b", to: .bool(true)).text == #"{"a":1.0,"b":true,"c":null}"#)
        #expect(json.setting("d", to: .int(1)).text == #"{"a":1.0,"b":[1],"c":null,"d":1}"#)
        #expect(json.setting("a", to: nil).text == #"{"b":[1],"c":null}"#)
        let twice = try JSONText(#"{"a":1,"b":2,"\u0061":3}"#)
        #expect(twice.setting("a", to: .int(4)).text == #"{"a":4,"b":2}"#)
        #expect(twice.setting("a", to: nil).text == #"{"b":2}"#)
    }

    @Test func `read back from a store is never checked and never crashes`() {
        for text in [
            "", "{", "[", "\"", "\\", "{\"", "{\"a", "{\"a\"", "{\"a\":", "[,", "[1", "{,}", "\"\\", "\"\\u", "\"\\u1",
            "]", "nope",
        ] {
            let json = JSONText.stored(text)
            _ = (json.kind, json["a"], json.members, json.elements, json.string, json.int, json.double, json.bool)
            _ = json.setting("a", to: .null)
        }
    }
}
