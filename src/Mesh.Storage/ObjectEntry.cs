namespace Mesh.Storage;

/// <summary>An object as a listing shows it.</summary>
/// <param name="Key">Key under the store's root.</param>
/// <param name="Bytes">Size.</param>
/// <param name="ModifiedAt">When it was completed.</param>
/// <param name="StorageClass">Storage class, such as <c>STANDARD</c>; null in a store without classes.</param>
public sealed record ObjectEntry(string Key, long Bytes, DateTimeOffset ModifiedAt, string? StorageClass = null);
