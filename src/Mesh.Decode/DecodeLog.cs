using Mesh.Model;
using Microsoft.Extensions.Logging;

namespace Mesh.Decode;

/// <summary>Messages of the decode stage, numbered from 2000.</summary>
internal static partial class DecodeLog
{
    [LoggerMessage(2101, LogLevel.Error, "{LostBytes} bytes lost at byte {Offset} of recording {Recording}: {Code}: expected {Expected}, found {Found}")]
    public static partial void DataLost(ILogger logger, long lostBytes, long offset, IngestId recording, string code, string expected, string found);
}
