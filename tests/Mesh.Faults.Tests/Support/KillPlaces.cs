using Mesh.Testing;

namespace Mesh.Faults.Tests.Support;

/// <summary>Which of many similar places a run kills at.</summary>
internal static class KillPlaces
{
    /// <summary>Skips every second place below the level <c>full</c>: each costs two servers their start.</summary>
    public static void HalfBelowFull(IEnumerable<string> all, string place)
    {
        if (all.TakeWhile(other => other != place).Count() % 2 == 1) Require.AtLeast(TestLevel.Full);
    }
}
