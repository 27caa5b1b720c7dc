// One suite, which belongs to no source file, but to docs/sandbox.md.

import ConvoSandbox
import FoundationEssentials
import MistralEmulator
import Testing

@Suite struct `The sandbox's page` {
    @Test func `names every switch with what it starts from, and every trigger`() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = String(decoding: try Data(contentsOf: root.appending(path: "docs/sandbox.md")), as: UTF8.self)
        for item in Switch.all {
            #expect(page.contains("| `\(item.name)` | `\(item.value(Switches()))` |"))
        }
        for trigger in Trigger.allCases { #expect(page.contains("| `\(trigger.usage)` | \(trigger.summary) |")) }
    }
}
