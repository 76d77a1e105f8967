namespace Mesh.Kafka;

/// <summary>How a record's value was made readable.</summary>
public enum RecordForm
{
    /// <summary>An event of Mesh, as JSON.</summary>
    Event,

    /// <summary>JSON as it was.</summary>
    Json,

    /// <summary>Text.</summary>
    Text,

    /// <summary>Bytes, in hexadecimal.</summary>
    Hex,

    /// <summary>No value.</summary>
    Null,
}
