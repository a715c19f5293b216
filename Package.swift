// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// SPOCKEX_PART=core builds the protocol and its tests without NIO, GRDB or any C library;
// SPOCKEX_PART=codes builds the QR and NDEF part alone; everything is the default.
let part = Context.environment["SPOCKEX_PART"] ?? "all"
// SPOCKEX_FUZZ=1 (set by scripts/fuzz, never by default) adds the libFuzzer entries.
let fuzzing = Context.environment["SPOCKEX_FUZZ"] == "1"

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]
// Deliberate defects that tests must find: in debug builds and in the simulator's, never in the product.
let mutants: [SwiftSetting] =
    part == "core"
    ? [.define("SPOCKEX_MUTANTS")]
    : [.define("SPOCKEX_MUTANTS", .when(configuration: .debug))]
let fuzzed: [SwiftSetting] =
    fuzzing ? strict + [.unsafeFlags(["-sanitize=fuzzer", "-enable-testing"])] : strict

// What computes for minutes in tests is optimised in debug builds too, and keeps its assertions.
// Not where this package is a dependency: SwiftPM takes no such flags from there.
let computing: [SwiftSetting] =
    Context.packageDirectory.contains("/checkouts/")
    ? []
    : [
        .unsafeFlags(
            ["-O", "-assert-config", "Debug"], .when(configuration: .debug))
    ]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let arguments = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let lifecycle = Target.Dependency.product(
    name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")

func test(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, resources: resources(of: name),
        swiftSettings: strict)
}

func resources(of test: String) -> [Resource] {
    switch test {
    case "EntanglementTests", "MainlineDHTTests", "OfflineCodesTests", "PortMappingTests":
        [.copy("Vectors")]
    default: []
    }
}

func clibrary(_ name: String, _ pkgConfig: String, _ package: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig,
        providers: [.apt([package])])
}

let qrOnLinux = TargetDependencyCondition.when(platforms: [.linux], traits: ["QR"])
let qrBuild = BuildSettingCondition.when(platforms: [.linux], traits: ["QR"])

let core: [Target] = [
    .target(
        name: "Entanglement", dependencies: [crypto],
        swiftSettings: fuzzed + mutants + computing),
    .target(name: "PortMapping", dependencies: ["Entanglement"], swiftSettings: fuzzed),
    .target(name: "MainlineDHT", dependencies: ["Entanglement"], swiftSettings: fuzzed),
    .target(
        name: "EntanglementTestKit", dependencies: ["Entanglement"],
        swiftSettings: strict + computing),
    .target(
        name: "EntanglementSimulator",
        dependencies: ["Entanglement", "EntanglementTestKit", "PortMapping"],
        swiftSettings: strict + computing),
    .executableTarget(
        name: "simulate", dependencies: ["EntanglementSimulator", "Entanglement", arguments],
        swiftSettings: strict),
    test("EntanglementTests", ["Entanglement", "EntanglementTestKit", crypto]),
    .testTarget(
        name: "EntanglementSimulatorTests",
        dependencies: [
            "EntanglementSimulator", "Entanglement", "EntanglementTestKit", "PortMapping",
            "simulate", arguments,
        ],
        exclude: ["Seeds.txt", "DefectSeeds.txt", "GoldenHashes.txt"], swiftSettings: strict),
    test("PortMappingTests", ["PortMapping", "Entanglement", crypto]),
    test("MainlineDHTTests", ["MainlineDHT", "Entanglement", "EntanglementTestKit"]),
]

let codes: [Target] = [
    clibrary("CQREncode", "libqrencode", "libqrencode-dev"),
    clibrary("CZBar", "zbar", "libzbar-dev"),
    clibrary("CPNG", "libpng", "libpng-dev"),
    clibrary("CTurboJPEG", "libturbojpeg", "libturbojpeg0-dev"),
    clibrary("CZXing", "zxing", "libzxing-dev"),
    .target(
        name: "CPictureShim",
        dependencies: [
            .target(name: "CZXing", condition: qrOnLinux),
            .target(name: "CPNG", condition: qrOnLinux),
            .target(name: "CTurboJPEG", condition: qrOnLinux),
        ],
        path: "Sources/CLibraries/CPictureShim",
        cSettings: [.define("SPOCKEX_QR", qrBuild)],
        cxxSettings: [.define("SPOCKEX_QR", qrBuild)]),
    .target(
        name: "OfflineCodes",
        dependencies: [
            .target(name: "CQREncode", condition: qrOnLinux),
            .target(name: "CZBar", condition: qrOnLinux),
            .target(name: "CPictureShim", condition: qrOnLinux),
        ],
        swiftSettings: fuzzed + computing),
    test(
        "OfflineCodesTests",
        [
            "OfflineCodes", .target(name: "CQREncode", condition: qrOnLinux),
            .target(name: "CTurboJPEG", condition: qrOnLinux),
        ]),
]

let around: [Target] = [
    .target(
        name: "SpockexStore", dependencies: ["Entanglement", grdb], swiftSettings: strict),
    .target(
        name: "SpockexTransport", dependencies: ["Entanglement", nioCore, nioPosix],
        swiftSettings: strict),
    .target(
        name: "SpockexNode",
        dependencies: [
            "Entanglement", "MainlineDHT", "PortMapping", "SpockexStore", "SpockexTransport",
            logging, lifecycle,
        ],
        swiftSettings: strict),
    .target(
        name: "SpockexAPI", dependencies: [nioCore, nioPosix, nioHTTP1], swiftSettings: strict),
    .target(
        name: "SpockexWeb",
        dependencies: [
            "SpockexAPI", "SpockexNode", "Entanglement", "OfflineCodes", hummingbird,
            hummingbirdCore, nioCore, logging, lifecycle,
        ],
        swiftSettings: strict),
    .executableTarget(
        name: "spockex",
        dependencies: [
            "SpockexWeb", "SpockexAPI", "SpockexNode", "Entanglement", "OfflineCodes", arguments,
            logging, lifecycle,
        ],
        swiftSettings: strict),
    .executableTarget(
        name: "lastresort",
        dependencies: ["SpockexNode", "MainlineDHT", "Entanglement", arguments],
        swiftSettings: strict),
    test("SpockexStoreTests", ["SpockexStore", "Entanglement", "EntanglementTestKit"]),
    test("SpockexTransportTests", ["SpockexTransport", "Entanglement"]),
    test(
        "SpockexNodeTests",
        [
            "SpockexNode", "SpockexStore", "SpockexTransport", "MainlineDHT", "PortMapping",
            "Entanglement", logging, lifecycle,
        ]),
    test("SpockexAPITests", ["SpockexAPI"]),
    test("SpockexCommandTests", ["SpockexAPI", "spockex"]),
]

let fuzzEntries: [Target.Dependency] = [
    "Entanglement", "EntanglementTestKit", "MainlineDHT", "OfflineCodes", "PortMapping",
]
let fuzz: [Target] =
    fuzzing
    ? [
        .target(
            name: "FuzzEntries", dependencies: fuzzEntries, path: "Fuzz/Entries",
            swiftSettings: fuzzed),
        .executableTarget(
            name: "spockex-fuzz", dependencies: ["FuzzEntries"], path: "Fuzz/Run",
            swiftSettings: strict
                + [.unsafeFlags(["-parse-as-library", "-sanitize=fuzzer"])],
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer", "-use-ld=lld"])]),
    ]
    : [
        .testTarget(
            name: "FuzzCorpusTests", dependencies: fuzzEntries, path: "Fuzz",
            exclude: ["Corpus", "README.md", "Run"], sources: ["Entries", "Tests"],
            swiftSettings: strict)
    ]

let corePackages: [Package.Dependency] = [
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
]
let aroundPackages: [Package.Dependency] = [
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    .package(
        url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
]

let package = Package(
    name: "spockex-package",
    platforms: [.macOS(.v15), .iOS(.v18)],
    products: part == "all"
        ? [
            .executable(name: "spockex", targets: ["spockex"]),
            .library(name: "Entanglement", targets: ["Entanglement"]),
            .library(name: "SpockexNode", targets: ["SpockexNode"]),
            .library(name: "SpockexStore", targets: ["SpockexStore"]),
            .library(name: "EntanglementTestKit", targets: ["EntanglementTestKit"]),
        ] : [],
    traits: [.default(enabledTraits: ["QR"]), .trait(name: "QR")],
    dependencies: part == "codes"
        ? [] : part == "core" ? corePackages : corePackages + aroundPackages,
    targets: part == "core" ? core : part == "codes" ? codes : core + codes + around + fuzz,
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
