namespace Mesh.Training.Search;

internal static class SearchDirections
{
    /// <summary>A number that is smaller for what is better.</summary>
    public static double Loss(this SearchDirection direction, double value) => direction == SearchDirection.Maximise ? -value : value;
}
