namespace Mesh.Training.Tracking.Search;

/// <summary>A condition of a filter.</summary>
/// <param name="Subject">What it is about.</param>
/// <param name="Key">Which one; of attributes the name of <see cref="SearchScope"/>.</param>
/// <param name="Operator">How it compares.</param>
/// <param name="Texts">Texts to compare with: one, several of IN, none for a number.</param>
/// <param name="Number">Number to compare with.</param>
internal sealed record FilterCondition(FilterSubject Subject, string Key, FilterOperator Operator, IReadOnlyList<string> Texts, double Number);
