using Mesh.Model;

namespace Mesh.Synchronise.Matching;

/// <summary>Refuses options out of range with <c>MESH3102</c>.</summary>
internal static class OptionCheck
{
    public static void Range(string option, long value, long least, long most)
    {
        if (value < least || value > most) throw Wrong(option, value, most == long.MaxValue ? $"{least} or above" : $"{least} to {most}");
    }

    public static MeshException Wrong(string option, object value, string expected) =>
        new("MESH3102", FormattableString.Invariant($"The option {option} is {value}, but must be {expected}."));
}
