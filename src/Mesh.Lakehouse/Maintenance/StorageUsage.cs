namespace Mesh.Lakehouse.Maintenance;

/// <summary>Objects of one kind in one storage class.</summary>
/// <param name="StorageClass">The class; <c>STANDARD</c> also stands for a store without classes.</param>
/// <param name="Kind">What they are for.</param>
/// <param name="Objects">How many.</param>
/// <param name="Bytes">Their bytes.</param>
public sealed record StorageUsage(string StorageClass, StorageKind Kind, long Objects, long Bytes);
