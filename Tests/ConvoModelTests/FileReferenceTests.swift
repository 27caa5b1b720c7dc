import ConvoJSON
import ConvoModel
import Testing

@Suite struct `The files of an entry` {
    private func files(_ json: String) throws -> [FileReference] { Entry(raw: try JSONText(json)).files }

    @Test func `are those of its chunks`() throws {
        let found = try files(
            #"""
            {"type":"message.output","content":[{"type":"text","text":"here"},
            {"type":"tool_file","tool":"image_generation","file_id":"f-1","file_name":"image_generated_0","file_type":"png"},
            {"type":"tool_file","tool":"image_generation","file_id":"f-1","file_name":"again"},
            {"type":"document_url","document_url":"https://api.mistral.ai/d?sig=1","document_name":"paper"},
            {"type":"image_url","image_url":"https://a.example/1.png"}, {"type":"image_url","image_url":{"url":"https://a.example/2.png"}},
            {"type":"image_url","image_url":"data:image/png;base64,AAAA"}, {"type":"image_url","image_url":"file:///etc/passwd"},
            {"type":"tool_file"}, {"type":"tool_file","file_id":7}, "tool_file", null]}
            """#)
        #expect(
            found == [
                FileReference(.id("f-1"), name: "image_generated_0", type: "png"),
                FileReference(.link("https://api.mistral.ai/d?sig=1"), name: "paper"),
                FileReference(.link("https://a.example/1.png")), FileReference(.link("https://a.example/2.png")),
            ])
        #expect(try files(#"{"type":"message.output","content":"tool_file"}"#).isEmpty)
        #expect(try files("7").isEmpty)
    }

    @Test func `are those that a tool's result links to`() throws {
        let found = try files(
            #"""
            {"type":"tool.execution","info":{"result":"{\"url\": \"https://b.example/i?sig=2\"}","file_url":"https://b.example/t.csv"}}
            """#)
        #expect(
            found == [
                FileReference(.link("https://b.example/i?sig=2")), FileReference(.link("https://b.example/t.csv")),
            ])
        #expect(try files(#"{"type":"tool.execution","info":{"result":"it failed"}}"#).isEmpty)
        #expect(try files(#"{"type":"tool.execution","info":{"result":"{\"url\":\"javascript:1\"}"}}"#).isEmpty)
        #expect(try files(#"{"type":"tool.execution","info":[1]}"#).isEmpty)
    }

    @Test func `are a hundred at most`() throws {
        let chunks = (0..<500).map { #"{"type":"tool_file","file_id":"f\#($0)"}"# }.joined(separator: ",")
        #expect(try files(#"{"type":"message.output","content":[\#(chunks)]}"#).count == 100)
    }

    @Test func `have the type that their bytes tell`() {
        func type(_ bytes: [UInt8]) -> String { MediaType(of: bytes).name }
        #expect(type([0xFF, 0xD8, 0xFF, 0xE0]) == "image/jpeg")
        #expect(type(Array("%PDF-1.7".utf8)) == "application/pdf")
        #expect(type(Array("RIFF1234WEBPVP8".utf8)) == "image/webp")
        #expect(type(Array("a,b\nü,2".utf8)) == "text/plain")
        #expect(type(Array("ü".utf8).dropLast()) == "text/plain", "cut in a character")
        #expect(type([0, 1, 2]) == "application/octet-stream")
        #expect(type([]) == "text/plain")
        #expect(MediaType(named: "image/jpeg")?.ending == "jpg")
        #expect(MediaType(named: "image/none") == nil)
    }
}
