using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Mesh.Model;

namespace Mesh.Commands.Signals;

/// <summary>
/// A window as bytes, made to be viewed as typed arrays without a copy: the length of a JSON header as a little-endian 32-bit number, the header,
/// spaces up to a multiple of 8, then little-endian arrays. Of columns: first, min, max, last (64-bit floats, NaN for none), count (32-bit); of samples: times,
/// values; of bands: from, to, label (32-bit). Every series begins at a multiple of 8.
/// </summary>
public static class SignalWire
{
    private const int MaxHeaderBytes = 1 << 24;

    /// <summary>How signals look as JSON in the interface.</summary>
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>The bytes of a window.</summary>
    public static byte[] Write(SignalWindow window)
    {
        var described = new List<SignalWireSeries>();
        long offset = 0;
        foreach (var series in window.Series)
        {
            var (kind, count) = series switch
            {
                SignalColumns columns => ("columns", columns.First.Length),
                SignalSamples samples => ("samples", samples.Times.Length),
                SignalBands bands => ("bands", bands.From.Length),
                _ => ("absent", 0),
            };
            described.Add(new SignalWireSeries(series.Name, kind, offset, count)
            {
                Labels = (series as SignalBands)?.Labels,
                Reason = (series as SignalAbsence)?.Reason,
                Gap = (series as SignalColumns)?.GapSeconds ?? (series as SignalSamples)?.GapSeconds,
            });
            offset += SizeOf(series);
        }

        var header = new SignalWireHeader(window.Start.ToString(CultureInfo.InvariantCulture), window.FromNs.ToString(CultureInfo.InvariantCulture), window.ToNs.ToString(CultureInfo.InvariantCulture), window.From, window.To, window.Columns, described);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(header, Json);
        int data = Align(sizeof(int) + json.Length);
        byte[] bytes = new byte[data + offset];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, data - sizeof(int));
        json.CopyTo(bytes, sizeof(int));
        bytes.AsSpan(sizeof(int) + json.Length, data - sizeof(int) - json.Length).Fill((byte)' ');
        var rest = bytes.AsSpan(data);
        foreach (var series in window.Series)
        {
            var own = rest[..(int)SizeOf(series)];
            rest = rest[own.Length..];
            switch (series)
            {
                case SignalColumns columns:
                    Put(ref own, columns.First);
                    Put(ref own, columns.Min);
                    Put(ref own, columns.Max);
                    Put(ref own, columns.Last);
                    Put(ref own, columns.Count);
                    break;
                case SignalSamples samples:
                    Put(ref own, samples.Times);
                    Put(ref own, samples.Values);
                    break;
                case SignalBands bands:
                    Put(ref own, bands.From);
                    Put(ref own, bands.To);
                    Put(ref own, bands.Label);
                    break;
            }
        }

        return bytes;
    }

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    /// <exception cref="MeshException"><c>MESH11021</c>: it is something else.</exception>
    public static SignalWindow Read(ReadOnlySpan<byte> bytes)
    {
        try
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes);
            if (length is < 0 or > MaxHeaderBytes) throw new JsonException("its header is too long");
            var header = JsonSerializer.Deserialize<SignalWireHeader>(bytes.Slice(sizeof(int), length), Json) ?? throw new JsonException("its header is null");
            var series = new List<SignalSeries>();
            foreach (var described in header.Signals)
            {
                var data = bytes[(sizeof(int) + length + (int)described.Offset)..];
                int n = described.Count;
                series.Add(described.Kind switch
                {
                    "columns" => new SignalColumns(described.Name, Take<double>(ref data, n), Take<double>(ref data, n), Take<double>(ref data, n), Take<double>(ref data, n), Take<uint>(ref data, n), described.Gap ?? 0),
                    "samples" => new SignalSamples(described.Name, Take<double>(ref data, n), Take<double>(ref data, n), described.Gap ?? 0),
                    "bands" => new SignalBands(described.Name, Take<double>(ref data, n), Take<double>(ref data, n), Take<int>(ref data, n), described.Labels ?? []),
                    _ => new SignalAbsence(described.Name, described.Reason ?? ""),
                });
            }

            return new SignalWindow(Parse(header.Start), Parse(header.FromNs), Parse(header.ToNs), header.Columns, series, "");
        }
        catch (Exception exception) when (exception is JsonException or ArgumentOutOfRangeException or FormatException)
        {
            throw new MeshException("MESH11021", $"The server's window of signals is none of Mesh's: {exception.Message} Check the address.", innerException: exception);
        }
    }

    private static long Parse(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    private static long SizeOf(SignalSeries series) => series switch
    {
        SignalColumns columns => Align((columns.First.Length * 4 * sizeof(double)) + (columns.First.Length * sizeof(uint))),
        SignalSamples samples => samples.Times.Length * 2L * sizeof(double),
        SignalBands bands => Align((bands.From.Length * 2 * sizeof(double)) + (bands.From.Length * sizeof(int))),
        _ => 0,
    };

    private static int Align(int bytes) => (bytes + 7) & ~7;

    private static void Put<T>(ref Span<byte> to, T[] items)
        where T : unmanaged
    {
        var bytes = MemoryMarshal.AsBytes(items.AsSpan());
        bytes.CopyTo(to);
        to = to[bytes.Length..];
    }

    private static T[] Take<T>(ref ReadOnlySpan<byte> from, int count)
        where T : unmanaged
    {
        int bytes = count * Marshal.SizeOf<T>();
        var items = MemoryMarshal.Cast<byte, T>(from[..bytes]).ToArray();
        from = from[bytes..];
        return items;
    }
}
