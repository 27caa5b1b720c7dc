import ConvoJSON
import ConvoModel
import Testing

/// "é" as one scalar and as two: equal for Swift's `==`, two different texts for a server.
private let (nfc, nfd) = ("caf\u{E9}", "cafe\u{301}")

@Suite struct `Texts of the server` {
    @Test func `are the same where their bytes are`() throws {
        #expect(nfc == nfd)  // Swift's own `==`, on which the package does not rely
        #expect(!nfc.hasSameBytes(as: nfd))
        #expect(nfc.hasSameBytes(as: "caf" + "\u{E9}"))
        #expect(!Optional(nfc).hasSameBytes(as: nil))
        #expect(Optional<String>.none.hasSameBytes(as: nil))
        #expect(!Optional(nfc).hasSameBytes(as: nfd))
        #expect(TextBytes(nfc) != TextBytes(nfd))
        #expect(Set([TextBytes(nfc), TextBytes(nfd), TextBytes(nfc)]).count == 2)
    }

    @Test func `are compared by bytes as JSON, names and types`() throws {
        #expect(JSONText.string(nfc) != JSONText.string(nfd))
        #expect(JSONText.string(nfc) == JSONText.string(nfc))
        #expect(EntryType(nfc) != EntryType(nfd))
        #expect(RemoteID(nfc) != RemoteID(nfd))
        #expect(LocalID(nfc) != LocalID(nfd))
        #expect(OperationID(nfc) != OperationID(nfd))
        #expect(Set([EntryID(nfc), EntryID(nfd), EntryID(nfc)]).count == 2)
        #expect([RemoteID(nfc)].contains(RemoteID(nfd)) == false)
        func same<Name: Identifier>(_ one: Name, _ other: Name) -> Bool { one == other }
        #expect(!same(RemoteID(nfc), RemoteID(nfd)))
        let entries = [nfc, nfd].map {
            Entry(raw: .object(["type": .string("message.input"), "content": .string($0)]))
        }
        #expect(entries[0] != entries[1])
        let party = Account(user: .init(id: nfc))
        #expect(!party.isSame(as: Account(user: .init(id: nfd))))
    }

    @Test func `name members by bytes, escaped or not`() throws {
        for text in [#"{"\#(nfd)":1,"\#(nfc)":2}"#, #"{"cafe\u0301":1,"caf\u00e9":2}"#] {
            let json = try JSONText(text)
            #expect(json[nfd]?.int == 1)
            #expect(json[nfc]?.int == 2)
            #expect(json.setting(nfc, to: nil).members.count == 1)
            #expect(json.setting(nfc, to: .int(3))[nfd]?.int == 1)
        }
    }
}
