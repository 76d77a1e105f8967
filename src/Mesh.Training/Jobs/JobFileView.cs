namespace Mesh.Training.Jobs;

/// <summary>A file of a job.</summary>
/// <param name="Path">Below its folder, with <c>/</c>.</param>
/// <param name="Bytes">Size.</param>
/// <param name="ChangedAt">When it was written last.</param>
public sealed record JobFileView(string Path, long Bytes, DateTimeOffset ChangedAt);
