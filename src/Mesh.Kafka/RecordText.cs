namespace Mesh.Kafka;

/// <summary>A record's value made readable.</summary>
/// <param name="Form">How.</param>
/// <param name="Text">JSON, text or hexadecimal digits; empty for <see cref="RecordForm.Null"/>.</param>
/// <param name="Type">Full Protobuf name of an event.</param>
public sealed record RecordText(RecordForm Form, string Text, string? Type = null);
