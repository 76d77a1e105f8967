using System.Security.Cryptography;
using System.Text.Json;
using Mesh.Commands;

namespace Mesh.Console.Actions;

/// <summary>What an action will do, in the words of the person who has to decide. Running it runs exactly this, or nothing.</summary>
/// <param name="Title">What is done: <c>Replay 312 dead letters</c>.</param>
/// <param name="Command">The same as a line for the command line.</param>
public sealed record ActionPlan(string Title, string Command)
{
    /// <summary>What was counted and is concerned, by name.</summary>
    public IReadOnlyList<(string Name, string Value)> Facts { get; init; } = [];

    /// <summary>What somebody should know before: what cannot be undone, what is left out.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Heads of the columns of <see cref="Rows"/>.</summary>
    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>Each thing concerned: before, after.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Rows { get; init; } = [];

    /// <summary>Text on the button that runs it.</summary>
    public string Verb { get; init; } = "Run";

    /// <summary>Whether it destroys something.</summary>
    public bool IsDestructive { get; init; }

    /// <summary>Why it cannot be run now; null when it can.</summary>
    public string? Obstacle { get; init; }

    /// <summary>Identity of the plan: when what it found changes, so does this.</summary>
    internal string Digest => Convert.ToHexStringLower(SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(
        new object?[] { Title, Command, Facts.Select(fact => new[] { fact.Name, fact.Value }), Warnings, Rows, Obstacle }, MeshJson.Options)))[..32];
}
