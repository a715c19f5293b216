// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

// Built by scripts/bench in release; not part of the tests. A speed is shown as a ratio to
// something measured in the same run.
let package = Package(
    name: "spockex-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "spockex-package", path: ".."),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    ],
    targets: [
        .executableTarget(
            name: "bench",
            dependencies: [
                .product(name: "Entanglement", package: "spockex-package"),
                .product(name: "EntanglementTestKit", package: "spockex-package"),
                .product(name: "SpockexStore", package: "spockex-package"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
    ]
)
