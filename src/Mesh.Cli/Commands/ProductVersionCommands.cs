using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Replay;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh products versions|switch</c>.</summary>
internal static class ProductVersionCommands
{
    public static Command Versions()
    {
        var name = Name();
        return QueryCommand.Create("versions", "The versions of a product, which one its name means, and when that was changed.", [name], async (queries, parsed, cancellationToken) =>
        {
            var versions = await queries.FindProductVersionsAsync(parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false)
                ?? throw await ProductsCommand.UnknownAsync(queries, parsed.GetValue(name)!, cancellationToken).ConfigureAwait(false);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(versions);
            else Print(versions);
            return ExitCodes.Done;
        });
    }

    public static Command Switch()
    {
        var name = Name();
        var to = new Option<int>("--to") { Description = "The version that the name is to mean.", HelpName = "N", Required = true };
        var reason = new Option<string?>("--reason") { Description = "Why; kept with the change.", HelpName = "TEXT" };
        return ReplayRequestCommand.Create(
            "switch", "Let a product's name mean another version. Nothing is copied; switching back works as well.", [name, to, reason],
            async (replays, _, parsed, cancellationToken) =>
            {
                var versions = await replays.SwitchAsync(parsed.GetValue(name)!, Read(parsed), cancellationToken).ConfigureAwait(false);
                if (QueryCommand.WantsJson(parsed)) Printer.Json(versions);
                else Print(versions);
                return ExitCodes.Done;
            });
    }

    /// <summary>What <c>mesh products switch</c> is asked for.</summary>
    internal static ProductSwitchRequest Read(ParseResult parsed) => new() { To = parsed.GetValue<int>("--to"), Reason = parsed.GetValue<string?>("--reason") ?? "", By = Environment.UserName };

    private static Argument<string> Name() => new("PRODUCT") { Description = "Name of the product, as its topology declares it." };

    private static void Print(ProductVersionsView view)
    {
        Printer.Table(
            ["version", "topology", "table", "rows", ""],
            view.Versions.Select(version => (string[])
            [
                $"{view.Product}@{version.Version}", version.Topology, version.Table, version.Rows?.ToString("N0", CultureInfo.InvariantCulture) ?? "none yet",
                version.IsCurrent ? $"what {view.Product} means" : "",
            ]),
            new HashSet<int> { 3 });
        if (view.Changes.Count == 0) return;
        Printer.Table(
            ["switched", "from", "to", "by", "reason"],
            view.Changes.Select(change => (string[])
            [
                change.At.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), $"{change.From}", $"{change.To}", change.By, change.Reason,
            ]));
    }
}
