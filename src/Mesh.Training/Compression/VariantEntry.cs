namespace Mesh.Training.Compression;

/// <summary>A registered variant.</summary>
/// <param name="Manifest">Its manifest.</param>
/// <param name="ManifestSha256">SHA-256 of the manifest's file, lower-case hex.</param>
/// <param name="Uri">URI of its folder.</param>
/// <param name="CompressionId">The compression that made it.</param>
public sealed record VariantEntry(VariantManifest Manifest, string ManifestSha256, string Uri, string CompressionId);
