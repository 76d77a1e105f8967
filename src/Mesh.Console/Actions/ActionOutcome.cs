namespace Mesh.Console.Actions;

/// <summary>What became of an action.</summary>
/// <param name="Message">What was done, in a sentence.</param>
/// <param name="NextUrl">Page that shows it.</param>
public sealed record ActionOutcome(string Message, string NextUrl);
