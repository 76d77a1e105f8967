namespace Mesh.Streaming.Topologies;

/// <summary>As what the rows of a product are put on a topic.</summary>
public enum PublishForm
{
    /// <summary>JSON of all columns, keyed by the row's identity.</summary>
    Rows,

    /// <summary>Messages of telemetry that another topology reads (docs/telemetry), keyed by the vehicle.</summary>
    Telemetry,
}
