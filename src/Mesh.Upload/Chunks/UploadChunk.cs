using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Mesh.Columnar.Compression;
using Mesh.Kafka;
using Mesh.Model;

namespace Mesh.Upload.Chunks;

/// <summary>
/// A piece of a recording as a record of <see cref="Topics.UploadChunks"/>: the value is the recording's bytes from <see cref="Offset"/> on,
/// everything else is in headers with UTF-8 values, the same on every piece, so that any Kafka client can send one. A record without
/// value asks how far the upload has come.
/// </summary>
internal sealed partial record UploadChunk
{
    /// <summary>The producer's name of the upload, 1 to 128 letters, digits, <c>. _ : -</c>; required.</summary>
    public const string UploadIdHeader = "mesh-upload-id";

    /// <summary>Pseudonym of the vehicle; required.</summary>
    public const string VehicleHeader = "mesh-vehicle";

    /// <summary>Bytes of the whole recording, decimal; required.</summary>
    public const string LengthHeader = "mesh-length";

    /// <summary>Where the piece begins in the recording, bytes, decimal: its sequence; required when there are bytes.</summary>
    public const string OffsetHeader = "mesh-offset";

    /// <summary>Checksum of the piece, <c>crc32=</c> and 8 hexadecimal digits (as zlib, ISO 3309) or <c>sha256=</c> and 64; required when there are bytes.</summary>
    public const string ChecksumHeader = "mesh-checksum";

    /// <summary>SHA-256 of the whole recording, hexadecimal; optional: with it a known recording is answered at once.</summary>
    public const string Sha256Header = "mesh-sha256";

    /// <summary>Name of the drive; optional.</summary>
    public const string SessionHeader = "mesh-session";

    /// <summary>Name of the file, for people and for formats that are told by it; optional.</summary>
    public const string FileNameHeader = "mesh-file-name";

    /// <summary>Any text, repeated in the answers: tells those of one conversation from those of an earlier one; optional.</summary>
    public const string AttemptHeader = "mesh-attempt";

    private const int MaxHeaderText = 1024;

    public required string UploadId { get; init; }

    public required string Vehicle { get; init; }

    public required long Length { get; init; }

    public required long Offset { get; init; }

    public required ReadOnlyMemory<byte> Bytes { get; init; }

    public string? Checksum { get; init; }

    public string? Attempt { get; init; }

    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    public long End => Offset + Bytes.Length;

    public bool IsQuestion => Bytes.IsEmpty;

    /// <summary>Id under which the parts folder knows the upload: two vehicles may use one name.</summary>
    public string PartId => new Guid(SHA256.HashData(Encoding.UTF8.GetBytes($"{Vehicle}\n{UploadId}")).AsSpan(0, 16), bigEndian: true).ToString("N");

    /// <summary>Reads a record.</summary>
    /// <returns>Null, with what is wrong, when it is no piece of a recording.</returns>
    public static UploadChunk? Read(LogRecord record, out string problem)
    {
        problem = "";
        string? id = record.Header(UploadIdHeader), vehicle = record.Header(VehicleHeader);
        if (id is null || !UploadIdPattern().IsMatch(id)) problem = $"the header {UploadIdHeader} must be 1 to 128 letters, digits, '.', '_', ':' or '-'";
        else if (string.IsNullOrEmpty(vehicle) || vehicle.Length > MaxHeaderText || record.Header(AttemptHeader)?.Length > MaxHeaderText) problem = $"the header {VehicleHeader} is missing, or it or {AttemptHeader} too long";
        else if (!TryReadNumber(record.Header(LengthHeader), out long length) || length == 0) problem = $"the header {LengthHeader} must be the recording's size in bytes";
        else
        {
            ReadOnlyMemory<byte> bytes = record.Value;
            bool hasOffset = TryReadNumber(record.Header(OffsetHeader), out long offset);
            if (!bytes.IsEmpty && !hasOffset) problem = $"the header {OffsetHeader} must say where the bytes begin in the recording";
            else if (!bytes.IsEmpty && offset > length - bytes.Length) problem = $"{bytes.Length:N0} bytes from {offset:N0} on do not fit into a recording of {length:N0}";
            else
            {
                return new UploadChunk
                {
                    UploadId = id, Vehicle = vehicle, Length = length, Offset = offset, Bytes = bytes, Checksum = record.Header(ChecksumHeader),
                    Attempt = record.Header(AttemptHeader),
                    Metadata = MetadataOf(record, vehicle),
                };
            }
        }

        return null;
    }

    /// <summary>Whether the bytes are those that the producer sent.</summary>
    public bool IsIntact()
    {
        var (kind, digits) = Checksum?.Split('=', 2) is [var name, var value] ? (name, value) : ("", "");
        return kind switch
        {
            "crc32" => uint.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint crc) && crc == Crc32.Compute(Bytes.Span),
            "sha256" => string.Equals(digits, Convert.ToHexStringLower(SHA256.HashData(Bytes.Span)), StringComparison.OrdinalIgnoreCase),
            _ => false,
        };
    }

    /// <summary>Headers of a piece of an upload.</summary>
    public static Dictionary<string, string> WriteHeaders(
        string uploadId, string vehicle, string session, string fileName, long length, string sha256, string attempt, long offset, ReadOnlySpan<byte> bytes)
    {
        var headers = new Dictionary<string, string>
        {
            [UploadIdHeader] = uploadId, [VehicleHeader] = vehicle, [FileNameHeader] = fileName, [Sha256Header] = sha256, [AttemptHeader] = attempt,
            [LengthHeader] = length.ToString(CultureInfo.InvariantCulture),
            [OffsetHeader] = offset.ToString(CultureInfo.InvariantCulture),
        };
        if (session.Length > 0) headers[SessionHeader] = session;
        if (!bytes.IsEmpty) headers[ChecksumHeader] = $"crc32={Crc32.Compute(bytes):x8}";
        return headers;
    }

    private static Dictionary<string, string> MetadataOf(LogRecord record, string vehicle)
    {
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["vehicle"] = vehicle };
        foreach (var (header, key) in (ReadOnlySpan<(string, string)>)[(SessionHeader, "session"), (FileNameHeader, "filename"), (Sha256Header, "sha256")])
        {
            if (record.Header(header) is { Length: > 0 } value) metadata[key] = value;
        }

        return metadata;
    }

    private static bool TryReadNumber(string? text, out long number) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    [GeneratedRegex("^[A-Za-z0-9._:-]{1,128}$")]
    private static partial Regex UploadIdPattern();
}
