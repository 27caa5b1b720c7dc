// swift-tools-version: 6.2

import PackageDescription

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]

/// The layers, from the lowest up. Each uses those below it only: see DESIGN.md.
let package = Package(
    name: "convo",
    platforms: [.macOS(.v15), .macCatalyst(.v18), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "Convo", targets: ["Convo"]),
        .library(name: "ConvoStore", targets: ["ConvoStore"]),
        .library(name: "ConvoAPI", targets: ["ConvoAPI"]),
        .library(name: "ConvoSandbox", targets: ["ConvoSandbox"]),
        .executable(name: "convo", targets: ["ConvoCommand"]),
        .executable(name: "convod", targets: ["convod"]),
        .executable(name: "convo-sandbox", targets: ["convo-sandbox"]),
    ],
    // An app that takes the library alone says `traits: []`, and gets none of the packages below: the library needs none.
    traits: [
        .default(enabledTraits: ["Programs"]),
        .trait(name: "Programs", description: "convo, convod and convo-sandbox", enabledTraits: ["Sandbox"]),
        .trait(name: "Sandbox", description: "ConvoSandbox, a server for tests"),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: [
        // JSON and the nouns; the C libraries: libcurl and SQLite; and what of the system Swift can't express.
        .target(name: "ConvoJSON", dependencies: ["ConvoPlatform"], swiftSettings: strict),
        .target(name: "ConvoModel", dependencies: ["ConvoJSON"], swiftSettings: strict),
        .target(name: "CUnicode"),  // tables that scripts/generate-unicode-tables writes
        .target(name: "ConvoWords", dependencies: ["CUnicode"], swiftSettings: strict),
        .target(name: "CCurl"),  // loads it; to build, its headers are enough
        .target(name: "CLineEditor"),  // loads libedit; it needs no header of it
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"]), .brew(["sqlite"])]
        ),
        .systemLibrary(
            name: "CMarkdown",
            pkgConfig: "libcmark-gfm",
            providers: [.apt(["libcmark-gfm-dev", "libcmark-gfm-extensions-dev"]), .brew(["cmark-gfm"])]
        ),
        .systemLibrary(name: "CPosix"),
        .target(name: "ConvoPlatform", dependencies: ["CPosix"], swiftSettings: strict),  // the one that names systems
        .target(name: "CSHA256"),

        // Bytes on the wire, bytes on the disk.
        .target(name: "ConvoIPC", dependencies: ["ConvoPlatform"], swiftSettings: strict),
        .target(name: "ConvoSQLite", dependencies: ["ConvoPlatform", "ConvoIPC", "CSQLite"], swiftSettings: strict),
        .target(name: "ConvoHTTP", dependencies: ["ConvoPlatform", "CCurl"], swiftSettings: strict),
        .target(
            name: "ConvoAPI", dependencies: ["ConvoPlatform", "ConvoHTTP", "ConvoJSON", "ConvoModel"],
            swiftSettings: strict),
        .target(
            name: "ConvoStore",
            dependencies: [
                "ConvoPlatform", "ConvoIPC", "ConvoJSON", "ConvoModel", "ConvoSQLite", "ConvoWords", "CSHA256",
                "CSQLite",
            ],
            resources: [.embedInCode("Migrations")],
            swiftSettings: strict
        ),
        .target(
            name: "ConvoBackup",
            dependencies: ["ConvoPlatform", "ConvoIPC", "ConvoModel", "ConvoSQLite", "ConvoStore"],
            swiftSettings: strict
        ),
        .target(
            name: "ConvoServer",
            dependencies: [
                "ConvoPlatform",
                "ConvoJSON", "ConvoModel",
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Sandbox"])),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: .when(traits: ["Sandbox"])),
                .product(name: "HummingbirdCore", package: "hummingbird", condition: .when(traits: ["Sandbox"])),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Sandbox"])),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["Sandbox"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Sandbox"])),
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Sandbox"])),
            ],
            swiftSettings: strict
        ),

        // The engine, the sandbox's rules, what programs share.
        .target(
            name: "ConvoSync", dependencies: ["ConvoAPI", "ConvoIPC", "ConvoStore", "ConvoJSON", "ConvoModel"],
            swiftSettings: strict
        ),
        // What an app imports.
        .target(
            name: "Convo",
            dependencies: [
                "ConvoPlatform", "ConvoAPI", "ConvoHTTP", "ConvoIPC", "ConvoJSON", "ConvoModel", "ConvoStore",
                "ConvoSync",
            ],
            swiftSettings: strict),
        // The API's paths for programs of this machine.
        .target(
            name: "ConvoEndpoint",
            dependencies: [
                "ConvoAPI", "ConvoHTTP", "ConvoJSON", "ConvoModel", "ConvoServer", "ConvoStore", "ConvoSync",
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Sandbox"])),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: .when(traits: ["Sandbox"])),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Sandbox"])),
            ],
            swiftSettings: strict
        ),
        .target(name: "MistralEmulator", dependencies: ["ConvoJSON", "ConvoModel"], swiftSettings: strict),
        .target(
            name: "ConvoSandbox",
            dependencies: [
                "ConvoPlatform",
                "ConvoServer", "ConvoJSON", "ConvoModel", "MistralEmulator",
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Sandbox"])),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: .when(traits: ["Sandbox"])),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "ConvoExport", dependencies: ["ConvoJSON", "ConvoModel", "ConvoStore"], swiftSettings: strict),
        .target(
            name: "ConvoTerminal", dependencies: ["ConvoPlatform", "CLineEditor", "ConvoJSON", "ConvoModel"],
            swiftSettings: strict),
        // The Model Context Protocol over the store, as values.
        .target(
            name: "ConvoMCP",
            dependencies: ["ConvoIPC", "ConvoJSON", "ConvoModel", "ConvoStore", "ConvoTerminal"],
            swiftSettings: strict),
        .target(
            name: "ConvoMarkdown", dependencies: ["CMarkdown", "ConvoModel", "ConvoTerminal"], swiftSettings: strict),
        .target(
            name: "ConvoApp",
            dependencies: [
                "ConvoPlatform", "ConvoAPI", "ConvoBackup", "ConvoExport", "ConvoHTTP", "ConvoIPC", "ConvoJSON",
                "ConvoModel",
                "ConvoStore",
                "ConvoSync",
                "ConvoTerminal",
                .product(name: "TOMLKit", package: "TOMLKit", condition: .when(traits: ["Programs"])),
            ],
            swiftSettings: strict
        ),

        // What people start.
        .executableTarget(
            name: "ConvoCommand",
            dependencies: [
                "ConvoPlatform", "ConvoAPI", "ConvoApp", "ConvoBackup", "ConvoExport", "ConvoHTTP", "ConvoIPC",
                "ConvoJSON", "ConvoMarkdown", "ConvoMCP", "ConvoModel",
                "ConvoStore", "ConvoSync",
                "ConvoTerminal",
                .product(
                    name: "ArgumentParser", package: "swift-argument-parser", condition: .when(traits: ["Programs"])),
            ],
            resources: [.embedInCode("Serving/Units")],  // links to the units in systemd/
            swiftSettings: strict
        ),
        .executableTarget(
            name: "convod",
            dependencies: [
                "ConvoPlatform", "ConvoAPI", "ConvoApp", "ConvoEndpoint", "ConvoHTTP", "ConvoIPC", "ConvoJSON",
                "ConvoModel", "ConvoStore", "ConvoSync", "ConvoTerminal",
                .product(
                    name: "ArgumentParser", package: "swift-argument-parser", condition: .when(traits: ["Programs"])),
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Sandbox"])),
                .product(
                    name: "ServiceLifecycle", package: "swift-service-lifecycle", condition: .when(traits: ["Programs"])
                ),
                .product(
                    name: "UnixSignals", package: "swift-service-lifecycle", condition: .when(traits: ["Programs"])),
            ],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "convo-sandbox",
            dependencies: [
                "ConvoPlatform",
                "ConvoJSON", "ConvoModel", "ConvoSandbox", "MistralEmulator",
                .product(
                    name: "ArgumentParser", package: "swift-argument-parser", condition: .when(traits: ["Programs"])),
                .product(
                    name: "UnixSignals", package: "swift-service-lifecycle", condition: .when(traits: ["Programs"])),
            ],
            swiftSettings: strict
        ),

        .executableTarget(
            name: "convo-bench",
            dependencies: ["ConvoPlatform", "ConvoStore", "ConvoSQLite", "ConvoJSON", "ConvoModel", "SeededRandom"],
            path: "Benchmarks",
            exclude: [
                "run", "benchmark.py", "commands.py", "corpus.py", "dovecot.py", "indexing.py", "listed.py",
                "llm_fill.py", "llm_logs.py", "mailboxes.py", "nginx.py", "notmuch.py", "searches.py", "shell.py",
                "syncs.py", "turns.py", "verbs.py", "endpoint", "large",
            ],
            swiftSettings: strict
        ),

        .testTarget(name: "ConvoJSONTests", dependencies: ["ConvoJSON", "SeededRandom"], swiftSettings: strict),
        .testTarget(name: "ConvoModelTests", dependencies: ["ConvoJSON", "ConvoModel"], swiftSettings: strict),
        .testTarget(
            name: "ConvoHTTPTests", dependencies: ["ConvoPlatform", "ConvoHTTP", "Expectations"], swiftSettings: strict),
        .testTarget(
            name: "ConvoAPITests",
            dependencies: [
                "ConvoAPI", "ConvoHTTP", "ConvoJSON", "ConvoModel", "Expectations", "Fuzzing", "SeededRandom",
                "TestFolders",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ConvoWordsTests", dependencies: ["ConvoWords", "SeededRandom"],
            swiftSettings: strict),
        .testTarget(
            name: "ConvoIPCTests", dependencies: ["ConvoPlatform", "ConvoIPC", "TestFolders"], swiftSettings: strict),
        .testTarget(
            name: "ConvoSQLiteTests", dependencies: ["ConvoPlatform", "ConvoIPC", "ConvoSQLite"], swiftSettings: strict),
        .testTarget(
            name: "ConvoStoreTests",
            dependencies: [
                "ConvoPlatform", "ConvoIPC", "ConvoStore", "ConvoJSON", "ConvoModel", "Fuzzing", "SeededRandom",
                "SyncRecorder",
                "TestFolders",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ConvoTests", dependencies: ["Convo", "ConvoSandbox", "Expectations", "TestFolders"],
            swiftSettings: strict),
        .testTarget(
            name: "ConvoBackupTests",
            dependencies: [
                "ConvoBackup", "ConvoJSON", "ConvoModel", "ConvoSQLite", "ConvoStore", "Expectations", "SeededRandom",
                "TestFolders",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ConvoExportTests",
            dependencies: [
                "ConvoExport", "ConvoJSON", "ConvoModel", "ConvoStore", "Fuzzing", "SeededRandom", "TestFolders",
            ],
            swiftSettings: strict),
        // Writes to a database and observes it, for `Tests/Processes/changes`.
        .executableTarget(
            name: "change-trial", dependencies: ["Convo", "ConvoPlatform", "SeededRandom"], path: "Tests/ChangeTrial",
            swiftSettings: strict),
        // What a test throws that cannot go on, and what it gets from work that must fail.
        .target(name: "Expectations", path: "Tests/Expectations", swiftSettings: strict),
        // A folder for one test.
        .target(name: "TestFolders", path: "Tests/TestFolders", swiftSettings: strict),
        // Chance that a seed replays.
        .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: strict),
        // Real texts with a few bytes changed, and a bound for the memory that they may take.
        .target(name: "Fuzzing", dependencies: ["SeededRandom"], path: "Tests/Fuzzing", swiftSettings: strict),
        // SQLite's file system, and what of its files is really on the disk.
        .target(name: "SyncRecorder", dependencies: ["CSQLite"], path: "Tests/SyncRecorder"),
        // A server, a network and a clock made of values; and what must be true of whoever talks to them.
        .target(
            name: "ConvoSimulation",
            dependencies: ["ConvoAPI", "ConvoJSON", "ConvoModel", "MistralEmulator", "SeededRandom"],
            path: "Tests/ConvoSimulation",
            swiftSettings: strict
        ),
        .testTarget(
            name: "ConvoSimulationTests",
            dependencies: [
                "ConvoPlatform", "ConvoEndpoint", "ConvoHTTP", "ConvoServer", "ConvoSimulation", "ConvoSync",
                "ConvoAPI", "ConvoIPC",
                "ConvoStore", "ConvoSQLite", "ConvoJSON", "ConvoModel",
                "MistralEmulator",
                "SeededRandom", "SyncRecorder", "TestFolders",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ConvoSyncTests",
            dependencies: [
                "ConvoSync", "ConvoAPI", "ConvoIPC", "ConvoStore", "ConvoSQLite", "ConvoJSON", "ConvoModel",
                "Expectations",
                "SeededRandom", "TestFolders",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ConvoSandboxTests",
            dependencies: [
                "ConvoSandbox", "ConvoServer", "ConvoJSON", "ConvoModel", "Expectations", "Fuzzing", "MistralEmulator",
                "TestFolders",
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Sandbox"])),
                .product(name: "HummingbirdTesting", package: "hummingbird", condition: .when(traits: ["Sandbox"])),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: .when(traits: ["Sandbox"])),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Sandbox"])),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ConvoEndpointTests",
            dependencies: [
                "ConvoAPI", "ConvoEndpoint", "ConvoHTTP", "ConvoJSON", "ConvoModel", "ConvoServer", "ConvoStore",
                "ConvoSync", "Expectations", "TestFolders",
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Sandbox"])),
                .product(name: "NIOEmbedded", package: "swift-nio", condition: .when(traits: ["Sandbox"])),
                .product(name: "NIOHTTP1", package: "swift-nio", condition: .when(traits: ["Sandbox"])),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ConvoAppTests",
            dependencies: ["ConvoAPI", "ConvoApp", "ConvoModel", "ConvoStore", "ConvoSync", "TestFolders"],
            swiftSettings: strict),
        .testTarget(
            name: "ConvoTerminalTests",
            dependencies: ["ConvoPlatform", "ConvoTerminal", "ConvoJSON", "ConvoModel", "SeededRandom"],
            swiftSettings: strict),
        .testTarget(
            name: "ConvoMCPTests",
            dependencies: [
                "ConvoMCP", "ConvoJSON", "ConvoModel", "ConvoStore", "Fuzzing", "SeededRandom", "TestFolders",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ConvoMarkdownTests",
            dependencies: ["ConvoMarkdown", "ConvoPlatform", "ConvoTerminal", "SeededRandom"],
            swiftSettings: strict),
        .testTarget(
            name: "ConvoCommandTests",
            dependencies: [
                "ConvoPlatform", "ConvoCommand", "ConvoAPI", "ConvoApp", "ConvoExport", "ConvoIPC", "ConvoJSON",
                "ConvoMarkdown", "ConvoModel",
                "ConvoStore",
                "ConvoSync",
                "ConvoTerminal", "Expectations", "SeededRandom", "TestFolders",
                .product(
                    name: "ArgumentParser", package: "swift-argument-parser", condition: .when(traits: ["Programs"])),
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ConvoDaemonTests",
            dependencies: [
                "ConvoPlatform",
                "convod", "ConvoIPC", "ConvoJSON", "ConvoModel", "ConvoStore", "ConvoSync", "ConvoTerminal",
                "TestFolders",
                .product(name: "Logging", package: "swift-log", condition: .when(traits: ["Sandbox"])),
            ],
            swiftSettings: strict),
        // Starts the programs as people do.
        .testTarget(
            name: "ConvoAcceptanceTests",
            dependencies: ["ConvoPlatform", "ConvoCommand", "convod", "convo-sandbox", "ConvoJSON", "ConvoModel"],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
