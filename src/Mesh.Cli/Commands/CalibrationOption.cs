using System.CommandLine;
using Mesh.Commands.OnnxModels;

namespace Mesh.Cli.Commands;

/// <summary><c>--calibration</c> or <c>--calibrate-product</c>: where samples come from.</summary>
internal sealed class CalibrationOption
{
    private readonly Option<string?> folder = new("--calibration") { Description = "Directory of .npy batches; for a model of several inputs, a directory per input.", HelpName = "DIR" };
    private readonly Option<string?> product = new("--calibrate-product") { Description = "Instead of --calibration: a data product, whose rows, or windows of rows, are the samples.", HelpName = "PRODUCT" };
    private readonly Option<string?> columns = new("--columns") { Description = "With --calibrate-product: columns in the order of the model's last axis, by comma; dotted where nested.", HelpName = "A,B,…" };
    private readonly Option<string?> at = new("--at") { Description = "With --calibrate-product: snapshot id, branch or tag (default: the current snapshot).", HelpName = "SNAPSHOT" };
    private readonly Option<string?> where = new("--where") { Description = "With --calibrate-product: condition on the rows.", HelpName = "CONDITION" };
    private readonly Option<int?> samples = new("--samples") { Description = "With --calibrate-product: how many samples are drawn (default: 256).", HelpName = "N" };
    private readonly Option<long?> seed = new("--seed") { Description = "With --calibrate-product: seed of the draw (default: 7).", HelpName = "SEED" };
    private readonly Option<string?> server = CommonOptions.Server();
    private readonly Option<string?> data = CommonOptions.Data();
    private readonly Option<string?> token = CommonOptions.Token();

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[folder, product, columns, at, where, samples, seed, server, data, token]) command.Options.Add(option);
    }

    /// <summary>Whether samples are named.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(folder) is not null || parsed.GetValue(product) is not null;

    /// <summary>Opens what is named and lets it be used.</summary>
    public async Task<T> UseAsync<T>(ParseResult parsed, string? config, Func<ICalibrationSource, Task<T>> use, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(product) is not { } name)
        {
            foreach (Option option in (Option[])[columns, at, where, samples, seed])
            {
                if (parsed.GetResult(option) is not null) throw new UsageException($"{option.Name} goes with --calibrate-product.");
            }

            return await use(new CalibrationFolder(parsed.GetValue(folder) ?? throw new UsageException("Give --calibration DIR or --calibrate-product PRODUCT."))).ConfigureAwait(false);
        }

        if (parsed.GetValue(folder) is not null) throw new UsageException("--calibration and --calibrate-product exclude each other.");
        string[] names = parsed.GetValue(columns)?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        if (names.Length == 0) throw new UsageException("--calibrate-product needs --columns, in the order of the model's last axis.");
        if (parsed.GetValue(samples) is < 1) throw new UsageException("--samples is 1 or more.");
        var options = new ProductCalibrationOptions { Product = name, At = parsed.GetValue(at), Columns = names, Where = parsed.GetValue(where) };
        options = options with { Samples = parsed.GetValue(samples) ?? options.Samples, Seed = parsed.GetValue(seed) ?? options.Seed };
        var queries = await CommonOptions.OpenQueriesAsync(parsed.GetValue(server), parsed.GetValue(data), parsed.GetValue(token), config, cancellationToken).ConfigureAwait(false);
        await using (queries.ConfigureAwait(false)) return await use(new ProductCalibration(queries, options)).ConfigureAwait(false);
    }

    /// <summary>A line about where the samples came from; null when it was a directory.</summary>
    public static string? Line(CalibrationReport? report) => report?.Product is null
        ? null
        : $"calibrated on {report.Samples:N0} of {report.Candidates:N0} samples of {report.Product}, snapshot {report.SnapshotId}, seed {report.Seed}, rows sha256 {report.RowsDigest}";
}
