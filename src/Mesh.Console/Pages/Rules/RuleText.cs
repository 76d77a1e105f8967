namespace Mesh.Console.Pages.Rules;

/// <summary>States of rules and outcomes of decisions in words.</summary>
public static class RuleText
{
    /// <summary>Kind of the badge.</summary>
    public static string KindOf(string state) => state switch
    {
        "ready" or "fired" => "ok",
        "waiting" or "covered" => "idle",
        "budget" or "unknown" => "warn",
        _ => "info",
    };

    /// <summary>A few words.</summary>
    public static string WordOf(string state) => state switch
    {
        "ready" => "would fire now",
        "fired" => "fired",
        "waiting" => "too little is new",
        "covered" => "fired for it before",
        "pending" => "waits for its job",
        "debounce" => "data still comes",
        "cooldown" => "fired too recently",
        "schedule" => "outside its window",
        "budget" => "out of budget",
        "unknown" => "no table yet",
        var other => other,
    };

    /// <summary>A sentence about what the rule would do now.</summary>
    public static string SentenceOf(string state) => state switch
    {
        "ready" => "It would fire now, and does so with the next commit or by itself in a moment.",
        "waiting" => "It waits: too little is new since it last fired.",
        "covered" => "It waits: what is there belongs to what it fired for before.",
        "pending" => "It is due, but a job of it has not ended yet.",
        "debounce" => "It is due, but data still comes; it waits for that to stop.",
        "cooldown" => "It is due, but fired too recently.",
        "schedule" => "It is due, but outside of the times at which it may fire.",
        "budget" => "It is due, but its jobs have used up their budget.",
        "unknown" => "No table holds the product yet, so nothing can be measured.",
        var other => $"It is {other}.",
    };
}
