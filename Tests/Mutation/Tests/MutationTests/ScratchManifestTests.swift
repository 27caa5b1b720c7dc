import Mutation
import Testing

@Suite struct `A scratch manifest` {
    private static let manifest = """
        let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]
        let package = Package(
            name: "x",
            products: [.library(name: "A", targets: ["A"])],
            dependencies: [
                .package(url: "https://example.org/used", from: "1.0.0"),
                .package(url: "https://example.org/unused.git", from: "1.0.0"),
            ],
            targets: [
                // A comment.
                .target(name: "A"),
                .target(name: "B", dependencies: ["A", .product(name: "P", package: "used")], swiftSettings: strict),
                .executableTarget(name: "C", dependencies: ["B", .product(name: "Q", package: "unused")]),
                .testTarget(name: "BTests", dependencies: ["B"]),
                .testTarget(name: "CTests", dependencies: ["C"]),
            ]
        )
        """

    private let text = ScratchManifest(manifest, roots: ["BTests"], mutated: ["A", "B"]).text

    @Test func `keeps what the test targets need, and nothing else`() {
        #expect(text.contains(".testTarget(name: \"BTests\", dependencies: [\"B\"])"))
        #expect(text.contains("example.org/used"))
        for gone in ["\"C\"", "CTests", "unused", ".library"] { #expect(!text.contains(gone), "\(gone)") }
    }

    @Test func `gives the switches to what is mutated`() {
        #expect(text.contains(".target(name: \"A\", dependencies: [\"MutationSwitch\"])"))
        #expect(text.contains("dependencies: [\"MutationSwitch\", \"A\", .product"))
        #expect(text.contains(".target(name: \"MutationSwitch\", path: \"MutationSwitch\"),"))
    }

    @Test func `lets warnings be warnings`() { #expect(!text.contains("as: .error")) }
}

@Suite struct `A mutant that does not compile` {
    @Test func `is the one in the smallest piece around the error`() {
        let text =
            "func f() {\n  if !mutantIsOn(1) { a() }\n  if mutantFlips(2, (mutantIsOn(3) ? b <= c : b < c)) {}\n}"
        #expect(Culprits.ids(in: text, line: 3, column: 40) == [3])
        #expect(Culprits.ids(in: text, line: 2, column: 23) == [1])
    }

    @Test func `is found by what the compiler says`() throws {
        let diagnostic = try #require(Culprits.Diagnostic("/a/b.swift:12:34: error: no such thing: x"))
        #expect((diagnostic.file, diagnostic.line, diagnostic.column) == ("/a/b.swift", 12, 34))
        #expect(Culprits.Diagnostic("/a/b.swift:12:34: warning: hm") == nil)
        #expect(Culprits.Diagnostic("error: no package") == nil)
    }
}

@Suite struct `The accepted survivors` {
    private let mutant = MutatedSource("func f() { if a < b  { c() } }", file: "F.swift").mutants[1]

    @Test func `are known by their file and their text`() throws {
        let accepted = try AcceptedSurvivors(
            "# why\n\nfile: F.swift\nfrom: a <  b\nto:   a <= b\nwhy:  both the same: x\n")
        #expect(accepted.entry(for: mutant)?.reason == "both the same: x")
        #expect(accepted.entries.count == 1)
    }

    @Test(arguments: ["file: F.swift\nfrom: a", "file: F\nfrom: a\nto: b\nwhy:", "hello", "file: a\nfile: b"])
    func `without a reason are refused`(text: String) {
        #expect(throws: AcceptedSurvivors.FormatError.self) { try AcceptedSurvivors(text) }
    }
}
