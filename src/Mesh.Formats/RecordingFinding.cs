namespace Mesh.Formats;

/// <summary>Something the doctor found in a recording's structure.</summary>
/// <param name="Severity">How bad it is.</param>
/// <param name="Code">Stable code (<c>MESH10xxx</c>).</param>
/// <param name="Offset">Byte position in the recording; null when it concerns the whole.</param>
/// <param name="Text">What is wrong, and what a reader will make of it.</param>
public sealed record RecordingFinding(FindingSeverity Severity, string Code, long? Offset, string Text);
