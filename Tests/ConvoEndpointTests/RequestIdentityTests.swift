import ConvoJSON
import ConvoModel
import Testing

@testable import ConvoEndpoint

@Suite struct `Two requests are the same` {
    private static func identity(
        _ body: String, _ kind: RequestIdentity.Kind = .append, of conversation: String? = "c", name: String? = nil
    ) throws -> RequestIdentity {
        RequestIdentity(kind, of: conversation.map { RemoteID($0) }, body: try JSONText(body), name: name)
    }

    @Test(arguments: [
        (#"{"inputs":"a","store":true}"#, #" { "store" : true , "inputs" : "\u0061" } "#),
        (#"{"inputs":"a","n":1.0,"m":-0}"#, #"{"inputs":"a","n":1,"m":0}"#),
        (#"{"inputs":"a","n":1e2}"#, #"{"inputs":"a","n":100,"tools":null}"#),
        (#"{"inputs":[{"b":1,"a":2}]}"#, #"{"inputs":[{"a":2,"b":1}]}"#),
        (#"{"inputs":"a","stream":true}"#, #"{"inputs":"a"}"#),
    ]) func `if their bodies are equal values`(_ one: String, _ other: String) throws {
        #expect(try Self.identity(one) == Self.identity(other))
    }

    @Test(arguments: [
        (#"{"inputs":"a"}"#, #"{"inputs":"A"}"#), (#"{"inputs":"a"}"#, #"{"inputs":"a "}"#),
        (#"{"inputs":["a","b"]}"#, #"{"inputs":["b","a"]}"#), (#"{"inputs":"1"}"#, #"{"inputs":1}"#),
        (#"{"n":9007199254740993}"#, #"{"n":9007199254740992}"#), (#"{"a\":1,\"b":2}"#, #"{"a":1,"b":2}"#),
        (#"{"n":123456789012345678901}"#, #"{"n":123456789012345678902}"#),
        (#"{"inputs":"é"}"#, "{\"inputs\":\"e\u{301}\"}"),
    ]) func `only if nothing that was said differs`(_ one: String, _ other: String) throws {
        // The store compares digests of the bytes; Swift takes texts for equal that Unicode does.
        #expect(try Array(Self.identity(one).text.utf8) != Array(Self.identity(other).text.utf8))
    }

    @Test func `only if they go to the same conversation and do the same`() throws {
        let one = try Self.identity(#"{"inputs":"a"}"#)
        #expect(try one.text != Self.identity(#"{"inputs":"a"}"#, of: "d").text)
        #expect(try one.text != Self.identity(#"{"inputs":"a"}"#, .restart).text)
        #expect(try one.text != Self.identity(#"{"inputs":"a"}"#, .start, of: nil).text)
    }

    @Test func `if their clients say so, by a name`() throws {
        let one = try Self.identity(#"{"inputs":"a"}"#, name: "n")
        let other = try Self.identity(#"{"inputs":"b"}"#, name: "n")
        #expect(one.text == other.text && one.content != other.content && one.isNamed)
        #expect(try Self.identity(#"{"inputs":"a"}"#, name: "m").text != one.text)
        #expect(try !Self.identity(#"{"inputs":"a"}"#, name: "").isNamed)
    }
}
