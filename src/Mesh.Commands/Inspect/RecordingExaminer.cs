using Mesh.Commands.Recordings;
using Mesh.Formats;
using Mesh.Formats.Messages;
using Mesh.Model;

namespace Mesh.Commands.Inspect;

/// <summary>Reads a recording whole and examines its structure.</summary>
public static class RecordingExaminer
{
    /// <summary>Examines a recording.</summary>
    /// <exception cref="Mesh.Model.MeshException">The file cannot be opened or is no recording.</exception>
    public static async Task<DoctorReport> ExamineAsync(string path, RecordingReaderOptions options, ReadProgress? progress, CancellationToken cancellationToken)
    {
        long messages = 0;
        var reader = await RecordingInput.OpenAsync(path, options, progress, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            while (await reader.ReadBlockAsync(cancellationToken).ConfigureAwait(false) is { } block) messages += block.Messages.Length;
            IReadOnlyList<RecordingFinding> findings = [];
            if (!Directory.Exists(path) && path != "-")
            {
                var (source, folder) = await RecordingInput.OpenSourceAsync(path, options, null, cancellationToken).ConfigureAwait(false);
                await using (source.ConfigureAwait(false))
                {
                    findings = await RecordingDoctor.ExamineAsync(source, options with { Folder = folder }, cancellationToken).ConfigureAwait(false);
                }
            }

            return new DoctorReport(path, reader.Format, messages, reader.Channels.Count, [.. findings, .. reader.Channels.SelectMany(ExamineSchema)], [.. reader.Losses]);
        }
    }

    /// <summary>What keeps a channel's messages from becoming columns.</summary>
    private static IEnumerable<RecordingFinding> ExamineSchema(RecordingChannel channel)
    {
        IReadOnlyList<string> problems;
        string code = "MESH10017";
        try
        {
            problems = MessageDecoders.Create(channel.MessageEncoding, channel.Schema).Problems;
        }
        catch (MeshException exception)
        {
            (code, problems) = (exception.Code, [exception.Message]);
        }

        return problems.Select(problem => new RecordingFinding(FindingSeverity.Warning, code, null, $"channel '{channel.Topic}': {problem}"));
    }
}
