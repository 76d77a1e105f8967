using System.CommandLine;
using System.Globalization;
using Mesh.Cli.Output;
using Mesh.Commands.Maintenance;
using Mesh.Model;

namespace Mesh.Cli.Commands.Maintenance;

/// <summary><c>mesh catalogue cost</c>: what each product costs, and what tiering and cleaning would save.</summary>
internal static class CostCommand
{
    public static Command Create()
    {
        var prices = new Option<string?>("--prices") { Description = "Price table (deploy/prices/example.yaml is an example); without it only sizes are shown.", HelpName = "FILE" };
        return MaintenanceCommand.Create("cost", "What each product costs a month by storage class, and what tiering and cleaning would save.", [prices], async (maintenance, parsed, cancellationToken) =>
        {
            var table = parsed.GetValue(prices) is { } file ? PriceTable.Load(file) : null;
            var storages = new List<ProductStorage>();
            foreach (string name in await maintenance.ListTablesAsync(cancellationToken).ConfigureAwait(false)) storages.Add(await maintenance.MeasureAsync(name, cancellationToken).ConfigureAwait(false));
            var report = CostReport.Of(storages, table);
            if (QueryCommand.WantsJson(parsed)) Printer.Json(report);
            else if (report.Products.Count == 0) Terminal.Out.WriteLine("No tables yet. They appear with the first recording: `mesh publish FILE --vehicle ID`.");
            else Print(report);
            return ExitCodes.Done;
        });
    }

    private static void Print(CostReport report)
    {
        bool priced = report.Currency is not null;
        Printer.Table(
            ["product", "class", "objects", "size", .. priced ? (string[])["storage a month", "requests", "a month"] : []],
            report.Products.SelectMany(product => product.Tiers.Select((tier, index) => (string[])
            [
                index == 0 ? product.Product : "", tier.StorageClass, Number(tier.Objects), ByteSizeText.Format(tier.Bytes),
                .. priced ? (string[])[tier.MonthlyCost is { } cost ? Money(cost) : "no price", index == 0 ? Money(product.RequestCost) : "", index == 0 ? Money(product.MonthlyCost) : ""] : [],
            ])).Append(["all", "", Number(report.Objects), ByteSizeText.Format(report.Bytes), .. priced ? (string[])[Money(report.Products.Sum(product => product.StorageCost)), Money(report.Products.Sum(product => product.RequestCost)), Money(report.MonthlyCost)] : []]),
            new HashSet<int> { 2, 3, 4, 5, 6 });
        Printer.Table(
            ["product", "in use", "history", "metadata", "orphans", "due to move", .. priced ? (string[])["tiering saves", "and costs once", "cleaning saves"] : [], "writes", "reads", "last read"],
            report.Products.Select(product => (string[])
            [
                product.Product, ByteSizeText.Format(product.CurrentBytes), ByteSizeText.Format(product.HistoryBytes), ByteSizeText.Format(product.MetadataBytes),
                ByteSizeText.Format(product.UnreferencedBytes), product.HasTierRules ? ByteSizeText.Format(product.Due.Sum(due => due.Bytes)) : "no rules",
                .. priced ? (string[])[Money(product.TieringSaves), Money(product.TieringCostsOnce), Money(product.CleaningSaves)] : [],
                Number(product.Writes), Number(product.Reads), product.LastReadAt?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "never",
            ]),
            new HashSet<int> { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 });
        if (priced)
        {
            Terminal.Out.WriteLine($"All products cost about {Money(report.MonthlyCost)} {report.Currency} a month.");
            Terminal.Out.WriteLine($"Tiering would save {Money(report.TieringSaves)} a month for {Money(report.TieringCostsOnce)} once (`mesh catalogue tier`); expiring history and removing orphans up to {Money(report.CleaningSaves)} (`mesh catalogue expire`, `orphans`).");
            if (report.UnpricedClasses.Count > 0) Terminal.Out.WriteLine($"Not in the price table, and so not in the sums: {string.Join(", ", report.UnpricedClasses)}.");
        }
        else
        {
            Terminal.Out.WriteLine("Sizes only. `--prices FILE` puts prices to them; deploy/prices/example.yaml is an example.");
        }

        Terminal.Out.WriteLine("Requests are of the last 30 days: writes estimated from known commits, reads from those that Mesh served; engines that read files themselves are not seen.");
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);

    private static string Money(decimal? amount) => (amount ?? 0).ToString(amount is > 0 and < 1 ? "0.0000" : "N2", CultureInfo.InvariantCulture);
}
