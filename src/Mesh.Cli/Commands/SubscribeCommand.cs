using System.CommandLine;
using System.Globalization;
using Mesh.Commands.Queries;
using Mesh.Commands.State;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh subscribe PRODUCT</c>: rows as they are committed.</summary>
internal static class SubscribeCommand
{
    public static Command Create()
    {
        var product = new Argument<string>("PRODUCT") { Description = "Name of the data product." };
        var from = new Option<string?>("--from") { Description = "earliest, or the snapshot after which to begin (default: now).", HelpName = "SNAPSHOT" };
        var consumer = new Option<string?>("--consumer") { Description = "Remember the position under this name and go on there next time.", HelpName = "NAME" };
        var limit = new Option<long?>("--limit") { Description = "Stop after so many rows.", HelpName = "N" };
        var follow = new Option<bool>("--no-follow") { Description = "Stop at the current end instead of waiting for more." };
        var format = new Option<string>("--format") { Description = "jsonl, or arrow: record batches as an Arrow stream.", DefaultValueFactory = _ => "jsonl", HelpName = "FORMAT" };
        format.AcceptOnlyFromAmong("jsonl", "arrow");
        var output = new Option<string>("--output", "-o") { Description = "File to write, which must not exist yet; - is standard output.", DefaultValueFactory = _ => "-", HelpName = "FILE" };
        var (server, data, token, config) = (CommonOptions.Server(), CommonOptions.Data(), CommonOptions.Token(), CommonOptions.Config());
        var command = new Command("subscribe", "Follow a data product: each committed row as a JSON line or all as Arrow record batches, each snapshot announced on standard error.")
        {
            product, from, consumer, limit, follow, format, output, server, data, token, config,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var queries = await CommonOptions.OpenQueriesAsync(parsed.GetValue(server), parsed.GetValue(data), parsed.GetValue(token), parsed.GetValue(config), cancellationToken).ConfigureAwait(false);
            await using (queries.ConfigureAwait(false))
            {
                var cursor = parsed.GetValue(consumer) is { } name ? new ConsumerCursor(name, parsed.GetValue(product)!) : null;
                long? after = await StartAsync(queries, parsed.GetValue(product)!, parsed.GetValue(from), cursor, cancellationToken).ConfigureAwait(false);
                var target = Open(parsed.GetValue(output)!);
                await using (target.ConfigureAwait(false))
                {
                    long rows = parsed.GetValue(limit) ?? long.MaxValue;
                    bool goesOn = !parsed.GetValue(follow);
                    if (parsed.GetValue(format) == "arrow") await new ArrowSubscription(queries, parsed.GetValue(product)!, cursor, target).FollowAsync(after, rows, goesOn, cancellationToken).ConfigureAwait(false);
                    else await FollowAsync(queries, parsed.GetValue(product)!, after, cursor, target, rows, goesOn, cancellationToken).ConfigureAwait(false);
                }

                return ExitCodes.Done;
            }
        });
        return command;
    }

    private static async Task<long?> StartAsync(IMeshQueries queries, string product, string? from, ConsumerCursor? cursor, CancellationToken cancellationToken)
    {
        var view = await queries.FindProductAsync(product, cancellationToken).ConfigureAwait(false) ?? throw await ProductsCommand.UnknownAsync(queries, product, cancellationToken).ConfigureAwait(false);
        if (from == "earliest") return null;
        if (from is not null)
        {
            return long.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out long snapshot) && view.Snapshots.Any(known => known.SnapshotId == snapshot)
                ? snapshot
                : throw new UsageException($"--from '{from}' is neither `earliest` nor a snapshot of {product}; `mesh products show {product}` lists them.");
        }

        return cursor?.Read() ?? (view.Snapshots.Count > 0 ? view.Snapshots[^1].SnapshotId : null);
    }

    /// <summary>A file of a subscriber is never overwritten: its rows would not come again.</summary>
    private static Stream Open(string output)
    {
        if (output == "-") return Terminal.OpenStandardOutput();
        if (File.Exists(output)) throw new UsageException($"'{output}' exists: name another file with -o, or remove it.");
        return new FileStream(output, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16, FileOptions.Asynchronous);
    }

    private static async Task FollowAsync(
        IMeshQueries queries, string product, long? after, ConsumerCursor? cursor, Stream output, long limit, bool follow, CancellationToken cancellationToken)
    {
        await using var buffered = new BufferedStream(output, 1 << 16);
        try
        {
            while (true)
            {
                long? current = null;
                long rows = 0;
                await foreach (var row in queries.ReadRowsAsync(product, after, cancellationToken).ConfigureAwait(false))
                {
                    if (row.SnapshotId != current)
                    {
                        await FinishSnapshotAsync(current, rows).ConfigureAwait(false);
                        (current, rows) = (row.SnapshotId, 0);
                    }

                    await buffered.WriteAsync(row.Json, cancellationToken).ConfigureAwait(false);
                    buffered.WriteByte((byte)'\n');
                    rows++;
                    if (--limit == 0)
                    {
                        await buffered.FlushAsync(cancellationToken).ConfigureAwait(false);
                        return;
                    }
                }

                await FinishSnapshotAsync(current, rows).ConfigureAwait(false);
                if (!follow) return;
                await Task.Delay(TimeSpan.FromMilliseconds(500), cancellationToken).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Ctrl-C is how following ends; rows of an unfinished snapshot come again next time.
        }

        async Task FinishSnapshotAsync(long? snapshot, long count)
        {
            if (snapshot is null) return;
            await buffered.FlushAsync(cancellationToken).ConfigureAwait(false);
            await Terminal.Error.WriteLineAsync($"snapshot {snapshot}: {count:N0} rows").ConfigureAwait(false);
            after = snapshot;
            cursor?.Write(snapshot.Value);
        }
    }
}
