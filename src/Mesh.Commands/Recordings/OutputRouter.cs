using System.Globalization;
using Mesh.Formats;
using Mesh.Model;

namespace Mesh.Commands.Recordings;

/// <summary>Sends messages to the one output, or to the file that the split rule names.</summary>
internal sealed class OutputRouter(CopyRequest request, RecordingFormat format, IReadOnlyList<RecordingChannel> channels) : IAsyncDisposable
{
    private readonly List<OutputReport> reports = [];
    private readonly Dictionary<string, OutputRecording> open = [];
    private readonly HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<string> notes = [];
    private ulong? firstLogTimeNs;
    private string current = "";

    public IReadOnlyList<OutputReport> Reports => reports;

    public IReadOnlyCollection<string> Notes => notes;

    public async ValueTask WriteAsync(MessageRef message, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        var output = await OutputOfAsync(message, cancellationToken).ConfigureAwait(false);
        await output.WriteAsync(message, payload, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Adds what belongs to the recording as a whole; with a split rule there is no file it belongs to.</summary>
    public async ValueTask WriteExtrasAsync(RecordingReader reader, RecordingSummary summary, CancellationToken cancellationToken)
    {
        if (summary.Attachments.Count == 0 && summary.Metadata.Count == 0) return;
        if (request.Split is not null)
        {
            notes.Add("Attachments and metadata of the recording are in none of the parts.");
            return;
        }

        var output = Open(request.Output);
        foreach (var metadata in summary.Metadata)
        {
            if (!await output.WriteMetadataAsync(metadata, cancellationToken).ConfigureAwait(false)) notes.Add("The output format has no room for metadata.");
        }

        foreach (var attachment in summary.Attachments)
        {
            try
            {
                var stream = await reader.OpenAttachmentAsync(attachment, cancellationToken).ConfigureAwait(false);
                await using (stream.ConfigureAwait(false))
                {
                    using var content = new MemoryStream();
                    await stream.CopyToAsync(content, cancellationToken).ConfigureAwait(false);
                    bool written = await output.WriteAttachmentAsync(attachment, content.GetBuffer().AsMemory(0, (int)content.Length), cancellationToken).ConfigureAwait(false);
                    if (!written) notes.Add("The output format has no room for attachments.");
                }
            }
            catch (RecordingFormatException exception)
            {
                notes.Add($"Attachment '{attachment.Name}' was not copied: {exception.Message}");
            }
        }
    }

    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        // An empty result is a result too: a file without messages, not no file.
        if (request.Split is null) Open(request.Output);
        foreach (string name in open.Keys.Order(StringComparer.Ordinal).ToList()) await CloseAsync(name, cancellationToken).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var output in open.Values) await output.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask<OutputRecording> OutputOfAsync(MessageRef message, CancellationToken cancellationToken)
    {
        if (request.Split is not { } split) return Open(request.Output);
        if (split.ByTopic) return Open(PartOf(FileNameOf(channels[message.ChannelIndex].Topic)));

        firstLogTimeNs ??= message.LogTimeNs;
        bool isFull = split.Bytes is { } limit && current.Length > 0 && open[current].PayloadBytes >= limit;
        ulong part = split.EveryNs is { } every ? (message.LogTimeNs - firstLogTimeNs.Value) / every : (ulong)(reports.Count + (isFull ? 1 : 0));
        string name = PartOf(part.ToString("D4", CultureInfo.InvariantCulture));
        if (current.Length > 0 && current != name) await CloseAsync(current, cancellationToken).ConfigureAwait(false);
        current = name;
        return Open(name);
    }

    private string PartOf(string name) => Path.Combine(request.Output, name + OutputFormats.ExtensionOf(format));

    private OutputRecording Open(string path)
    {
        if (open.TryGetValue(path, out var known)) return known;
        if (!names.Add(path)) throw new MeshException("MESH10605", $"Two parts would be named '{path}'. Split by time or size instead.");
        return open[path] = OutputRecording.Create(path, format, request, channels);
    }

    private async ValueTask CloseAsync(string name, CancellationToken cancellationToken)
    {
        var output = open[name];
        reports.Add(await output.CompleteAsync(cancellationToken).ConfigureAwait(false));
        open.Remove(name);
        await output.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>A topic as a file name: what file systems and shells do not like becomes an underscore.</summary>
    internal static string FileNameOf(string topic)
    {
        string name = new([.. topic.Trim('/').Select(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' ? character : '_')]);
        name = name.TrimStart('.');
        return name.Length == 0 ? "channel" : name[..Math.Min(name.Length, 120)];
    }
}
