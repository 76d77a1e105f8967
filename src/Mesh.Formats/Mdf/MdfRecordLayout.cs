using System.Text.Json.Serialization;

namespace Mesh.Formats.Mdf;

/// <summary>
/// Layout of the messages of one channel group: what the schema of an MDF channel holds (encoding <c>mdf</c>), so that the bytes of a message
/// can be understood, and replayed, without the file they came from.
/// </summary>
/// <remarks>
/// A message is the record without its id: <see cref="DataBytes"/>, then <see cref="InvalidationBytes"/>; then, when
/// <see cref="HasRecordIndex"/>, the record's index as a little-endian 64-bit integer; then the values of variable-length channels in order of
/// <see cref="MdfChannelLayout.VariableIndex"/>, each a little-endian 32-bit length and that many bytes.
/// </remarks>
public sealed record MdfRecordLayout
{
    /// <summary>Encoding of the schema.</summary>
    public const string SchemaEncoding = "mdf";

    /// <summary>Encoding of the messages.</summary>
    public const string MessageEncoding = "mdf-record";

    /// <summary>Name of the group: its acquisition name, else its source or comment, else <c>group N</c>.</summary>
    public required string Group { get; init; }

    /// <summary>Bytes of a record's data.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required int DataBytes { get; init; }

    /// <summary>Bytes of invalidation bits behind the data.</summary>
    public int InvalidationBytes { get; init; }

    /// <summary>Whether the record's index follows: there are virtual channels.</summary>
    public bool HasRecordIndex { get; init; }

    /// <summary>Number of variable-length values at the end.</summary>
    public int VariableCount { get; init; }

    /// <summary>What bus the group logs: <c>CAN</c>, <c>LIN</c>, <c>FlexRay</c>, <c>Ethernet</c>, <c>MOST</c>, <c>K-Line</c>; empty when it is no bus event group.</summary>
    public string Bus { get; init; } = "";

    /// <summary>Name of the acquisition source (<c>si_tx_name</c>); may be empty.</summary>
    public string Source { get; init; } = "";

    /// <summary>Free text of the group; may be empty.</summary>
    public string Comment { get; init; } = "";

    /// <summary>The channels, in file order, members directly after their structure.</summary>
    public required IReadOnlyList<MdfChannelLayout> Channels { get; init; }

    /// <summary>Bytes at the front that every message has.</summary>
    public int FixedBytes => DataBytes + InvalidationBytes + (HasRecordIndex ? sizeof(long) : 0);

    /// <summary>The schema of a recording channel with this layout.</summary>
    public MessageSchema ToSchema() => new("mdf/" + Group, SchemaEncoding, MdfLayoutJson.Write(this));

    /// <summary>Reads the layout back.</summary>
    /// <exception cref="Mesh.Model.MeshException"><c>MESH10320</c>: the schema is not a layout.</exception>
    public static MdfRecordLayout Parse(MessageSchema schema) => MdfLayoutJson.Read(schema);
}
