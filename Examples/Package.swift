// swift-tools-version: 6.2

import PackageDescription

/// What an app does with the library. A package of its own, as an app is: it sees what an app sees.
let package = Package(
    name: "convo-examples",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "convo", path: "..", traits: [])  // the library alone: no other package is fetched
    ],
    targets: ["chat", "offline-queue", "live-search"].map { name in
        .executableTarget(
            name: name, dependencies: [.product(name: "Convo", package: "convo")],
            swiftSettings: [.treatAllWarnings(as: .error)])
    },
    swiftLanguageModes: [.v6]
)
