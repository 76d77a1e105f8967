using Mesh.Commands.Configuration;
using Mesh.Commands.Queries;
using Mesh.Console.Components;
using Mesh.Console.Hosting;
using Mesh.Console.Layout;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Training.Jobs;
using Mesh.Training.Models;

namespace Mesh.Console.Pages.Search;

/// <summary>Looks for a text in everything that has a page: one bounded question for each kind, all at once. Kinds that fail say so; the others are shown.</summary>
internal sealed class ConsoleSearch(ConsoleServices services)
{
    /// <summary>Longest text that is looked for.</summary>
    public const int MaxLength = 200;

    /// <summary>What is found, by kind; kinds without any are left out.</summary>
    /// <param name="text">The text.</param>
    /// <param name="limit">Hits of each kind at most.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<IReadOnlyList<SearchGroup>> FindAsync(string text, int limit, CancellationToken cancellationToken)
    {
        text = text.Trim();
        if (text.Length == 0) return [];
        if (text.Length > MaxLength) text = text[..MaxLength];
        string q = Uri.EscapeDataString(text);
        var groups = await Task.WhenAll(
            AskAsync("Recording", async () => await services.Queries.ListRecordingsAsync(new RecordingQuery { Text = text, PageSize = limit }, cancellationToken).ConfigureAwait(false) is { } found
                ? new SearchGroup("Recording", [.. found.Items.Select(row => new SearchHit("Recording", row.FileName, $"{row.VehicleId}, {Format.Time(row.AcceptedAt)}, {row.State}", $"/recordings/{row.IngestId}"))], found.Total, $"/recordings?q={q}") : null),
            AskAsync("Vehicle", async () => await services.Queries.ListVehiclesAsync(new VehicleQuery { Text = text, PageSize = limit }, cancellationToken).ConfigureAwait(false) is { } found
                ? new SearchGroup("Vehicle", [.. found.Items.Select(row => new SearchHit("Vehicle", row.VehicleId, $"{Format.Count(row.Recordings)} recordings", $"/vehicles/{Uri.EscapeDataString(row.VehicleId)}"))], found.Total, $"/vehicles?q={q}") : null),
            AskAsync("Product", async () => await services.Queries.ListProductsAsync(new ProductQuery { Text = text, PageSize = limit }, cancellationToken).ConfigureAwait(false) is { } found
                ? new SearchGroup("Product", [.. found.Items.Select(row => new SearchHit("Product", row.Name, $"{Format.Count(row.Rows)} rows", $"/products/{Uri.EscapeDataString(row.Name)}"))], found.Total, $"/products?q={q}") : null),
            AskAsync("Topic", () => TopicsAsync(text, limit, cancellationToken)),
            AskAsync("Model", async () => await services.Queries.ListModelsAsync(new ModelQuery { Text = text, PageSize = limit }, cancellationToken).ConfigureAwait(false) is { } found
                ? new SearchGroup("Model", [.. found.Items.Select(row => new SearchHit("Model", $"{row.Name}@{row.Version}", row.LifecycleState, $"/models/{Uri.EscapeDataString(row.Name)}/{row.Version}"))], found.Total, $"/models?q={q}") : null),
            AskAsync("Job", async () => await services.Queries.ListJobsAsync(new JobQuery { Text = text, PageSize = limit }, cancellationToken).ConfigureAwait(false) is { } found
                ? new SearchGroup("Job", [.. found.Items.Select(row => new SearchHit("Job", $"{row.Rule} {Format.ShortId(row.JobId)}", row.State.ToString().ToLowerInvariant(), $"/jobs/{Uri.EscapeDataString(row.JobId)}"))], found.Total, $"/jobs?q={q}") : null)).ConfigureAwait(false);
        return [.. groups.Append(Settings(text, limit)).Append(Pages(text, limit)).OfType<SearchGroup>().Where(group => group.Total > 0 || group.Problem is not null)];
    }

    private static async Task<SearchGroup?> AskAsync(string kind, Func<Task<SearchGroup?>> ask)
    {
        try
        {
            return await ask().ConfigureAwait(false);
        }
        catch (MeshException exception)
        {
            return new SearchGroup(kind, [], 0, null, $"{exception.Message} {exception.Code}");
        }
    }

    private async Task<SearchGroup?> TopicsAsync(string text, int limit, CancellationToken cancellationToken)
    {
        var status = await services.Queries.GetStatusAsync(cancellationToken).ConfigureAwait(false);
        var found = status.Topics.Where(topic => topic.Key.Contains(text, StringComparison.OrdinalIgnoreCase)).ToList();
        return new("Topic", [.. found.Take(limit).Select(topic => new SearchHit("Topic", topic.Key, $"{Format.Count(topic.Value)} records", $"/topics/{Uri.EscapeDataString(topic.Key)}"))], found.Count, $"/topics?q={Uri.EscapeDataString(text)}");
    }

    private static SearchGroup Settings(string text, int limit)
    {
        var found = SettingKeys.All.Where(key => key.Name.Contains(text, StringComparison.OrdinalIgnoreCase) || key.Description.Contains(text, StringComparison.OrdinalIgnoreCase)).ToList();
        return new("Setting", [.. found.Take(limit).Select(key => new SearchHit("Setting", key.Name, key.Description, $"/settings?q={Uri.EscapeDataString(key.Name)}"))], found.Count, $"/settings?q={Uri.EscapeDataString(text)}");
    }

    private static SearchGroup Pages(string text, int limit)
    {
        var found = Navigation.Groups.SelectMany(group => group.Entries).Where(entry => entry.Title.Contains(text, StringComparison.OrdinalIgnoreCase)).ToList();
        return new("Page", [.. found.Take(limit).Select(entry => new SearchHit("Page", entry.Title, "", entry.Url))], found.Count, null);
    }
}
