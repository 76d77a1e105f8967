using System.CommandLine;
using Mesh.Cli.Output;
using Mesh.Commands.Configuration;
using Mesh.Commands.Queries;
using Mesh.Commands.Recordings;
using Mesh.Model;
using Mesh.Upload;
using Mesh.Upload.Chunks;
using Microsoft.Extensions.Logging.Abstractions;
using Spectre.Console;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh publish FILE...</c>: uploads recordings, resumes what was interrupted, waits for the data when asked to.</summary>
internal static class PublishCommand
{
    public static Command Create()
    {
        var files = new Argument<string[]>("FILE") { Description = "Recordings of any format, or folders of ROS 2 bags.", Arity = ArgumentArity.OneOrMore };
        var vehicle = new Option<string>("--vehicle") { Description = "Id of the vehicle: a pseudonym, not the VIN.", Required = true, HelpName = "ID" };
        var session = new Option<string>("--session") { Description = "Name of the drive; the same file in another session is another recording.", DefaultValueFactory = _ => "", HelpName = "NAME" };
        var wait = new Option<bool>("--wait") { Description = "Return once the data is committed to its tables." };
        var kafka = new Option<string?>("--kafka") { Description = "Send through the event log of these brokers, in pieces, instead of HTTP.", HelpName = "HOST:PORT" };
        var (server, data, token, json) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token(), CommonOptions.Json());
        var command = new Command("publish", "Upload recordings: resumable, verified, deduplicated.") { files, vehicle, session, wait, kafka, server, data, token, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var address = CommonOptions.ServerAddress(parsed.GetValue(server), parsed.GetValue(data));
            string? bearer = CommonOptions.TokenOf(parsed.GetValue(token));
            using var http = new HttpClient { Timeout = Timeout.InfiniteTimeSpan };
            UploadFile upload = parsed.GetValue(kafka) is { } brokers
                ? new ChunkClient(KafkaSettings.ReadCluster(CommonOptions.ReadSettings(null), brokers), NullLogger.Instance).UploadAsync
                : new UploadClient(http, new UploadClientOptions { Server = address, Token = bearer }).UploadAsync;
            var results = new List<PublishResult>();
            var request = Read(parsed);
            foreach (string file in request.Files)
            {
                var result = await UploadOneAsync(upload, file, request.Vehicle, request.Session, cancellationToken).ConfigureAwait(false);
                if (request.Wait && result.IngestId is not null)
                {
                    result = await WaitAsync(result, new HttpQueries(address, bearer), cancellationToken).ConfigureAwait(false);
                }

                results.Add(result);
                if (!parsed.GetValue(json)) Terminal.Out.WriteLine(Describe(result));
            }

            if (parsed.GetValue(json)) Printer.Json(results);
            return results.Any(result => result.Result is "refused" or "failed" || result.State == "deadlettered") ? ExitCodes.Failed
                : results.Any(result => result.Losses > 0) ? ExitCodes.DataLoss
                : ExitCodes.Done;
        });
        return command;
    }

    /// <summary>What the command is asked for.</summary>
    internal static PublishRequest Read(ParseResult parsed) => new()
    {
        Files = parsed.GetValue<string[]>("FILE")!, Vehicle = parsed.GetValue<string>("--vehicle")!, Session = parsed.GetValue<string>("--session")!, Wait = parsed.GetValue<bool>("--wait"),
    };

    private static async Task<PublishResult> UploadOneAsync(UploadFile upload, string file, string vehicle, string session, CancellationToken cancellationToken)
    {
        try
        {
            using var whole = await UploadableFile.PrepareAsync(file, cancellationToken).ConfigureAwait(false);
            foreach (var loss in whole.Packed?.Losses ?? []) await Terminal.Error.WriteLineAsync($"lost {loss.File}: {loss.Loss}").ConfigureAwait(false);
            var answer = await WithProgressAsync(whole.Path, progress => upload(whole.Path, vehicle, session, progress, cancellationToken)).ConfigureAwait(false);
            return new PublishResult(file, answer.Result.ToString().ToLowerInvariant(), answer.IngestId, answer.Code, answer.Reason, answer.SentBytes)
            {
                Losses = whole.Packed?.Losses.Count ?? 0,
            };
        }
        catch (MeshException exception)
        {
            // One unreadable file does not keep the others from being sent.
            return new PublishResult(file, "failed", null, exception.Code, exception.Message, 0);
        }
    }

    private static async Task<UploadAnswer> WithProgressAsync(string file, Func<IProgress<long>?, Task<UploadAnswer>> upload)
    {
        if (Terminal.IsErrorRedirected || !File.Exists(file)) return await upload(null).ConfigureAwait(false);
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Terminal.Error) });
        return await console.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var bar = context.AddTask(Markup.Escape(Path.GetFileName(file)), maxValue: Math.Max(1, new FileInfo(file).Length));
                return await upload(new Progress<long>(bytes => bar.Value = bytes)).ConfigureAwait(false);
            }).ConfigureAwait(false);
    }

    private static async Task<PublishResult> WaitAsync(PublishResult result, HttpQueries queries, CancellationToken cancellationToken)
    {
        await using (queries.ConfigureAwait(false))
        {
            while (true)
            {
                var recording = await queries.FindRecordingAsync(result.IngestId!, cancellationToken).ConfigureAwait(false);
                if (recording?.State is "committed" or "deadlettered")
                {
                    return result with
                    {
                        State = recording.State,
                        Reason = recording.Reason ?? result.Reason,
                        Rows = recording.RowsOut,
                        Frames = recording.FramesOut,
                        DeadLetters = recording.DeadLetters,
                        Losses = result.Losses + recording.Losses.Count,
                        Tables = recording.Tables,
                    };
                }

                await Task.Delay(TimeSpan.FromMilliseconds(200), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static string Describe(PublishResult result)
    {
        string line = $"{result.File}: {result.Result}";
        if (result.IngestId is not null) line += $" {result.IngestId}";
        if (result.State is not null) line += $", {result.State}";
        if (result.Tables is not null && result.State == "committed")
        {
            line += $": {result.Rows:N0} rows in {result.Tables.Count} tables";
            if (result.DeadLetters > 0) line += $", {result.DeadLetters:N0} dead letters (`mesh deadletters list`)";
            if (result.Losses > 0) line += $", data lost in {result.Losses} places (`mesh recordings show {result.IngestId![..12]}`)";
        }

        if (result.Code is not null) line += $" {result.Code}";
        return result.Reason is null ? line : $"{line}: {result.Reason}";
    }

    /// <summary>Sends a file over one way or the other.</summary>
    private delegate Task<UploadAnswer> UploadFile(string path, string vehicle, string session, IProgress<long>? progress, CancellationToken cancellationToken);

    private sealed record PublishResult(string File, string Result, string? IngestId, string? Code, string? Reason, long SentBytes)
    {
        public string? State { get; init; }

        public long Rows { get; init; }

        public long Frames { get; init; }

        public long DeadLetters { get; init; }

        public int Losses { get; init; }

        public IReadOnlyList<string>? Tables { get; init; }
    }
}
