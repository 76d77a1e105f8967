using System.Globalization;

namespace Mesh.Faults.Tests.Campaign;

/// <summary>The uploads of a few vehicles, in an order and with contents that the seed decides.</summary>
/// <param name="seed">Seed.</param>
/// <param name="folder">Where recordings are written.</param>
/// <param name="bigBytes">Bytes of the big message (F5).</param>
internal sealed class Workload(int seed, string folder, int bigBytes)
{
    private const int Vehicles = 6;

    // Each kind of fault comes early once, so that a short run has seen it; afterwards by chance.
    private readonly Queue<(ContentFormat Format, ContentFault Fault)> firsts = new(
    [
        (ContentFormat.Mcap, ContentFault.None), (ContentFormat.Ros1Bag, ContentFault.None), (ContentFormat.Mdf4, ContentFault.None), (ContentFormat.Ros2Bag, ContentFault.None),
        (ContentFormat.Mcap, ContentFault.Truncated), (ContentFormat.Mcap, ContentFault.Nonsense), (ContentFormat.Mcap, ContentFault.BrokenPayloads),
        (ContentFormat.Mcap, ContentFault.ClockJump), (ContentFormat.Mdf4, ContentFault.Unfinalised), (ContentFormat.Mcap, ContentFault.Flipped),
        (ContentFormat.Mcap, ContentFault.SchemaChange), (ContentFormat.Mcap, ContentFault.ZipBomb), (ContentFormat.Ros1Bag, ContentFault.Truncated),
        (ContentFormat.Mcap, ContentFault.AbsurdLength), (ContentFormat.Mcap, ContentFault.UnknownSchema), (ContentFormat.Mdf4, ContentFault.Truncated),
        (ContentFormat.Mcap, ContentFault.BadCrc), (ContentFormat.Mcap, ContentFault.TimeBeyond), (ContentFormat.Ros2Bag, ContentFault.Truncated),
        (ContentFormat.Mcap, ContentFault.ZeroTail), (ContentFormat.Mcap, ContentFault.ClockStepBack), (ContentFormat.Ros1Bag, ContentFault.ClockDrift),
        (ContentFormat.Mcap, ContentFault.NoPublishTime), (ContentFormat.Mcap, ContentFault.BigMessage),
    ]);

    private readonly Random random = new(seed);
    private readonly List<Upload> earlier = [];
    private int contents;

    /// <summary>The next upload, which may be one that was sent before. Not for two threads at once.</summary>
    public async Task<Upload> NextAsync(CancellationToken cancellationToken)
    {
        int chance = random.Next(100);
        if (earlier.Count > 3 && chance < 15) return earlier[random.Next(earlier.Count)];
        Upload upload;
        if (earlier.Count > 3 && chance < 25)
        {
            // What another vehicle recorded to the byte is another recording.
            var same = earlier[random.Next(earlier.Count)];
            upload = same with { Session = (contents++).ToString(CultureInfo.InvariantCulture), Vehicle = Vehicle() };
            upload = new Upload(upload.Content, upload.Path, upload.Vehicle, upload.Session);
        }
        else
        {
            var (format, fault) = firsts.TryDequeue(out var first) ? first : Random();
            int references = random.Next(60) == 0 ? 1_000 : random.Next(5, 40);
            upload = await MakeAsync(format, fault, references, cancellationToken);
        }

        earlier.Add(upload);
        return upload;
    }

    /// <summary>A recording without faults that nobody has sent yet.</summary>
    public Task<Upload> FreshAsync(CancellationToken cancellationToken) => MakeAsync(ContentFormat.Mcap, ContentFault.None, 10, cancellationToken);

    private async Task<Upload> MakeAsync(ContentFormat format, ContentFault fault, int references, CancellationToken cancellationToken)
    {
        var content = new Content(seed, contents++, format, fault, references, bigBytes);
        string path = Path.Combine(folder, content.FileName);
        await RecordingMaker.WriteAsync(content, path, cancellationToken);
        return new Upload(content, path, Vehicle(), "");
    }

    private string Vehicle() => string.Create(CultureInfo.InvariantCulture, $"V{random.Next(Vehicles)}");

    private (ContentFormat Format, ContentFault Fault) Random()
    {
        var formats = Enum.GetValues<ContentFormat>();
        var format = formats[random.Next(formats.Length)];
        if (random.Next(100) < 60) return (format, ContentFault.None);
        var faults = Enum.GetValues<ContentFault>();
        var fault = faults[random.Next(faults.Length)];
        return (FormatFor(fault, format), fault);
    }

    // Where a format has no checksums, turned bits are other values; where it has no publish times, none can be zero.
    private static ContentFormat FormatFor(ContentFault fault, ContentFormat format) => fault switch
    {
        ContentFault.Unfinalised => ContentFormat.Mdf4,
        ContentFault.None or ContentFault.Truncated or ContentFault.ClockDrift => format,
        ContentFault.BrokenPayloads when format == ContentFormat.Ros1Bag => format,
        _ => ContentFormat.Mcap,
    };
}
