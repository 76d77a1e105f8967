using Mesh.Kafka;

namespace Mesh.Commands.EventLog;

/// <summary>A record made readable.</summary>
/// <param name="Partition">Its partition.</param>
/// <param name="Offset">Its offset.</param>
/// <param name="Time">Its timestamp.</param>
/// <param name="Key">Its key as text, else as hexadecimal digits; null for none.</param>
/// <param name="Headers">Its headers in their order, as text, else as hexadecimal digits.</param>
/// <param name="Form">How the value was made readable.</param>
/// <param name="Type">Full Protobuf name of an event; null for other values.</param>
/// <param name="Text">The value: JSON, text or hexadecimal digits; the beginning when it is long.</param>
/// <param name="ValueBytes">Bytes of the value; null for none, a tombstone.</param>
/// <param name="Hex">The first bytes of the value as hexadecimal digits.</param>
public sealed record MessageView(
    int Partition, long Offset, DateTimeOffset Time, string? Key, IReadOnlyList<KeyValuePair<string, string>> Headers, RecordForm Form, string? Type, string Text, int? ValueBytes, string Hex)
{
    /// <summary>Bytes of a value that <see cref="Hex"/> shows at most.</summary>
    public const int MaxHexBytes = 512;

    /// <summary>Characters of <see cref="Text"/> at most.</summary>
    public const int MaxText = 8_192;
}
