using Microsoft.Extensions.Logging;

namespace Mesh.Upload;

internal static partial class Log
{
    [LoggerMessage(1001, LogLevel.Information, "Accepted {FileName} of {VehicleId}, {Bytes} bytes, as {IngestId}")]
    public static partial void Accepted(ILogger logger, string fileName, string vehicleId, long bytes, string ingestId);

    [LoggerMessage(1002, LogLevel.Information, "Upload {Id} interrupted at byte {Offset} of {Length}; it can be resumed")]
    public static partial void UploadInterrupted(ILogger logger, string id, long offset, long length);

    [LoggerMessage(1003, LogLevel.Warning, "Refused {FileName}: announced SHA-256 {Expected}, arrived {Actual}")]
    public static partial void WrongHash(ILogger logger, string fileName, string expected, string actual);

    [LoggerMessage(1004, LogLevel.Error, "Uploads are refused: {FreeBytes} bytes free, the floor is {FloorBytes}")]
    public static partial void NoSpace(ILogger logger, long freeBytes, long floorBytes);

    [LoggerMessage(1005, LogLevel.Information, "Retention deleted the landing object of {IngestId}")]
    public static partial void LandingDeleted(ILogger logger, string ingestId);

    [LoggerMessage(1006, LogLevel.Error, "Upload {Id} failed")]
    public static partial void UploadFailed(ILogger logger, Exception exception, string id);

    [LoggerMessage(1007, LogLevel.Error, "The record at {Position} is no piece of a recording: {Problem}")]
    public static partial void NotAChunk(ILogger logger, string position, string problem);

    [LoggerMessage(1008, LogLevel.Warning, "A piece of a recording waits {Delay} for storage or database")]
    public static partial void ChunkRetried(ILogger logger, Exception exception, TimeSpan delay);

    [LoggerMessage(1009, LogLevel.Warning, "Offset {Offset} of partition {Partition} was not committed; a later one will be")]
    public static partial void ChunksNotCommitted(ILogger logger, Exception exception, int partition, long offset);
}
