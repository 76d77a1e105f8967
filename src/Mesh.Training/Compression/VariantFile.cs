namespace Mesh.Training.Compression;

/// <summary>A file of a variant.</summary>
/// <param name="Path">Below the variant's folder, with <c>/</c>.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Sha256">Of the file, lower-case hex.</param>
/// <param name="Role">What it is for; see <see cref="VariantRoles"/>.</param>
public sealed record VariantFile(string Path, long Bytes, string Sha256, string Role);
