using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using Mesh.Columnar;
using Mesh.Commands.Media.Frames;
using Mesh.Commands.Media.Images;
using Mesh.Commands.Media.Points;
using Mesh.Model;

namespace Mesh.Commands.Media;

public sealed partial class LocalRecordingMedia
{
    /// <inheritdoc/>
    public Task<FramePicture?> ReadPictureAsync(IngestId recording, PictureRequest request, CancellationToken cancellationToken)
    {
        int width = Math.Clamp(request.Width, 16, 4096);
        return ReadFrameAsync(
            recording, (request.Channel, request.At), MediaKind.Image, ["format", "encoding", "width", "height", "step", "is_bigendian"], $"width {width}",
            (batch, payload) => ToPicture(batch, payload, width), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<FramePicture?> ReadTopViewAsync(IngestId recording, CloudRequest request, CancellationToken cancellationToken)
    {
        var view = request.View with { Metres = Bound(request.View.Metres, 1, 1_000, 50), Pixels = Math.Clamp(request.View.Pixels, 16, 1024) };
        double low = Bound(view.Low, -1_000, 1_000, -2.5), high = Bound(view.High, -1_000, 1_000, 4);
        view = view with { Low = low, High = high > low ? high : low + 1 };
        return ReadFrameAsync(
            recording, (request.Channel, request.At), MediaKind.Points,
            ["width", "height", "fields", "field_names", "point_step", "point_stride", "row_step", "is_bigendian"], view.ToString(), (batch, payload) => ToTopView(batch, payload, view), cancellationToken);

        static double Bound(double value, double min, double max, double otherwise) => double.IsFinite(value) ? Math.Clamp(value, min, max) : otherwise;
    }

    private async Task<FramePicture?> ReadFrameAsync(
        IngestId recording, (string Channel, double At) wanted, MediaKind kind, string[] facts, string variant,
        Func<RecordBatch, ReadOnlyMemory<byte>, (string MediaType, ReadOnlyMemory<byte> Bytes, Dictionary<string, string> Facts)> show, CancellationToken cancellationToken)
    {
        if (await tables.FindAsync(recording, cancellationToken).ConfigureAwait(false) is not { } found) return null;
        var source = found.Sources.FirstOrDefault(candidate => candidate.Channel == wanted.Channel && candidate.Kind == kind)
            ?? found.Sources.FirstOrDefault(candidate => candidate.Channel == wanted.Channel && candidate.Kind == MediaKind.Video);
        if (source is null) return null;
        var index = await IndexAsync(found, source, cancellationToken).ConfigureAwait(false);
        if (index.Frames.Count == 0) return null;
        int place = double.IsFinite(wanted.At) ? index.FindAt(found.ToNs(wanted.At)) : -1;
        if (place < 0)
        {
            throw new MeshException("MESH13301", string.Create(CultureInfo.InvariantCulture,
                $"{wanted.Channel} has no frame at or before that time; its first is at {found.ToSeconds(index.Frames[0].TimeNs):0.###} s. Ask for a later one."));
        }

        if (source.Kind == MediaKind.Video) throw Video(wanted.Channel, "compressed video");
        var frame = index.Frames[place];
        string key = $"picture {recording} {source.Version} {source.Channel} {frame.TimeNs} {frame.Sequence} {variant}";
        if (cache.Find<FramePicture>(key) is { } known) return known;

        // Few at a time: each may take a payload and a picture of tens of megabytes.
        await turns.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            List<string> columns = ["data", .. facts.Where(name => source.ColumnOf(name) is not null)];
            await foreach (var batch in tables.ScanAsync(found, source.Table, columns, RowOf(source, frame), cancellationToken).ConfigureAwait(false))
            {
                var (mediaType, bytes, said) = show(batch, PayloadOf(batch.Columns[0], wanted.Channel));
                var picture = new FramePicture(mediaType, bytes, Convert.ToHexStringLower(SHA256.HashData(bytes.Span)), found.ToSeconds(frame.TimeNs), source.Version, said);
                cache.Keep(key, picture, bytes.Length + 500);
                return picture;
            }
        }
        finally
        {
            turns.Release();
        }

        return null;
    }

    private ReadOnlyMemory<byte> PayloadOf(ColumnVector data, string channel)
    {
        if (data.IsNull(0)) return default;
        var bytes = data.GetBytes(0);
        if (bytes.Length > limits.MaxPayloadBytes) throw new MeshException("MESH13302", $"The frame of {channel} has {bytes.Length:N0} bytes, more than the {limits.MaxPayloadBytes:N0} that are shown. `mesh query` reads the row.");
        if (data.Type.Kind == TypeKind.Binary) return bytes.ToArray();

        // JSON has no bytes: Foxglove's schemas carry them as base64.
        byte[] decoded = new byte[Base64.GetMaxDecodedFromUtf8Length(bytes.Length)];
        var status = Base64.DecodeFromUtf8(bytes, decoded, out _, out int written);
        return status == System.Buffers.OperationStatus.Done ? decoded.AsMemory(0, written) : throw new MeshException("MESH13312", $"The frame of {channel} is text that is not base64. `mesh cat` prints the message.");
    }

    private (string MediaType, ReadOnlyMemory<byte> Bytes, Dictionary<string, string> Facts) ToPicture(RecordBatch batch, ReadOnlyMemory<byte> payload, int maxWidth)
    {
        if (batch.Schema.IndexOf("encoding") >= 0 && batch.Schema.IndexOf("width") >= 0)
        {
            var raw = new RawImage(Whole(batch, "width"), Whole(batch, "height"), Whole(batch, "step"), Text(batch, "encoding"), Flag(batch, "is_bigendian"), payload);
            var image = RawImageDecoder.Decode(raw, limits.MaxPixels);
            return ("image/png", image.ShrinkTo(maxWidth).ToPng(), Facts(image.Width, image.Height));
        }

        string format = Text(batch, "format");
        if (ImageFormat.Detect(payload.Span) is not var (mediaType, width, height))
        {
            if (IsVideo(format)) throw Video("The channel", Short(format));
            throw new MeshException("MESH13312", $"The frame says it is '{Short(format)}', but its {payload.Length:N0} bytes are no JPEG, PNG or WebP picture, the only ones that are shown. `mesh cat` prints the message.");
        }

        // A browser would make the room that the header asks for.
        if ((long)width * height > limits.MaxPixels) throw new MeshException("MESH13310", $"The picture says it has {width:N0} × {height:N0} pixels; at most {limits.MaxPixels:N0} are shown. The message is damaged or hostile.");
        return (mediaType, payload, Facts(width, height));

        static Dictionary<string, string> Facts(int width, int height) => width == 0 ? [] : new() { ["Size"] = string.Create(CultureInfo.InvariantCulture, $"{width}x{height}") };
    }

    private (string MediaType, ReadOnlyMemory<byte> Bytes, Dictionary<string, string> Facts) ToTopView(RecordBatch batch, ReadOnlyMemory<byte> payload, TopViewOptions view)
    {
        long step = batch.Schema.IndexOf("point_step") >= 0 ? Whole(batch, "point_step") : Whole(batch, "point_stride");
        var cloud = PointCloud.Create(
            Whole(batch, "width"), Whole(batch, "height"), step, Whole(batch, "row_step"), Flag(batch, "is_bigendian"), CloudFields.Of(batch), payload, limits.MaxPoints);
        var top = new TopView(cloud, view);
        return ("image/png", top.ToPng(), new()
        {
            ["Points"] = cloud.Count.ToString(CultureInfo.InvariantCulture), ["Outside"] = top.Outside.ToString(CultureInfo.InvariantCulture),
            ["Invalid"] = top.Invalid.ToString(CultureInfo.InvariantCulture),
        });
    }

    private static MeshException Video(string channel, string what) => new("MESH13303",
        $"{channel} carries {what}, whose pictures depend on each other; Mesh decodes no video. The list of frames names its key frames; viewers of recordings play it from the file.");

    private static long Whole(RecordBatch batch, string name) => batch.Schema.IndexOf(name) is >= 0 and var index ? Numbers.WholeAt(batch.Columns[index], 0) : 0;

    private static string Text(RecordBatch batch, string name) =>
        batch.Schema.IndexOf(name) is >= 0 and var index && batch.Columns[index] is { Type.Kind: TypeKind.Utf8 } column && !column.IsNull(0) ? column.GetString(0) : "";

    private static bool Flag(RecordBatch batch, string name)
    {
        if (batch.Schema.IndexOf(name) is not (>= 0 and var index) || batch.Columns[index].IsNull(0)) return false;
        return batch.Columns[index].Type.Kind == TypeKind.Boolean ? batch.Columns[index].GetBoolean(0) : Numbers.WholeAt(batch.Columns[index], 0) != 0;
    }
}
