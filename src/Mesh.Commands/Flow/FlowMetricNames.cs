namespace Mesh.Commands.Flow;

/// <summary>What of the metrics the graph shows, under the names that <c>/metrics</c> has them.</summary>
internal static class FlowMetricNames
{
    public const string IngestMessages = "mesh_ingest_messages_total";
    public const string IngestRows = "mesh_ingest_rows_total";
    public const string IngestFrames = "mesh_ingest_frames_total";
    public const string IngestQueue = "mesh_ingest_queue_bytes";
    public const string IngestQueueLimit = "mesh_ingest_queue_limit_bytes";
    public const string IngestWaiting = "mesh_ingest_waiting";
    public const string IngestWorking = "mesh_ingest_working";
    public const string TelemetryMessages = "mesh_telemetry_messages_total";
    public const string TelemetryQueue = "mesh_telemetry_queue_bytes";
    public const string CatalogueRows = "mesh_catalogue_rows_total";
    public const string UploadBytes = "mesh_upload_received_bytes_total";

    public static readonly IReadOnlyCollection<string> All =
        [IngestMessages, IngestRows, IngestFrames, IngestQueue, IngestQueueLimit, IngestWaiting, IngestWorking, TelemetryMessages, TelemetryQueue, CatalogueRows, UploadBytes];
}
