using Mesh.Console.Actions;
using Mesh.Console.Pages.Flow;
using Mesh.Streaming.DeadLetters;

namespace Mesh.Console.Actions.Flow;

/// <summary>Which dead letters a form means: those whose ids are ticked, else those that its filter matches, else all.</summary>
internal static class LetterFields
{
    public static DeadLetterFilter Filter(FormFields fields)
    {
        var filter = new DeadLetterFilter
        {
            Ids = fields.Texts("id") is { Count: > 0 } ids ? ids : null,
            Stage = fields.Text("stage"),
            Code = fields.Text("code"),
            Recording = fields.Text("recording"),
            Vehicle = fields.Text("vehicle"),
            Channel = fields.Text("channel"),
        };

        // Ids are meant one by one; a filter beside them would only narrow what was ticked. All letters are those written since the beginning of time.
        if (filter.Ids is not null) return new DeadLetterFilter { Ids = filter.Ids };
        return filter.IsEmpty ? filter with { Since = DateTimeOffset.UnixEpoch } : filter;
    }

    /// <summary>Address of the list of the same letters.</summary>
    public static string ListUrl(DeadLetterFilter filter)
    {
        var query = new Dictionary<string, string?> { ["state"] = "open", ["stage"] = filter.Stage, ["code"] = filter.Code, ["recording"] = filter.Recording, ["vehicle"] = filter.Vehicle, ["channel"] = filter.Channel };
        return Microsoft.AspNetCore.WebUtilities.QueryHelpers.AddQueryString("/dead-letters", query.Where(pair => !string.IsNullOrEmpty(pair.Value)));
    }
}
