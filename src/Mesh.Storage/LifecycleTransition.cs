namespace Mesh.Storage;

/// <summary>A move to another storage class.</summary>
/// <param name="Days">Age at which objects move.</param>
/// <param name="StorageClass">Class they move to, such as <c>STANDARD_IA</c> or <c>GLACIER_IR</c>.</param>
public sealed record LifecycleTransition(int Days, string StorageClass);
