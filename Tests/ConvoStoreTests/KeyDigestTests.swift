import Testing

@testable import ConvoStore

@Suite struct `The digest of a key` {
    private func hex(_ text: String) -> String {
        SHA256.hex(text)
    }

    /// > FIPS 180-4, and the examples of NIST's "SHA256.pdf"
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
        (String(repeating: "a", count: 1000), "41edece42d63e8d9bf515a9ba6932e1c20cbc9f5a5d134645adb5db1b9737ea3"),
    ])
    func `is SHA-256`(text: String, expected: String) { #expect(hex(text) == expected) }

    @Test func `depends on the salt, and on where it ends`() {
        #expect(KeyDigest.hex(of: "key", salt: "a") != KeyDigest.hex(of: "key", salt: "b"))
        #expect(KeyDigest.hex(of: "bkey", salt: "a") != KeyDigest.hex(of: "key", salt: "ab"))
    }

    @Test func `is kept, and the key is not`() throws {
        let temporary = try TemporaryStore()
        try temporary.store.recordOwner(server: "https://api.example", account: nil, key: "sk-secret")
        #expect(try temporary.store.knows(key: "sk-secret"))
        #expect(try !temporary.store.knows(key: "sk-other"))
        #expect(try temporary.store.owner() == StoreOwner(server: "https://api.example", keyCount: 1))
    }
}
