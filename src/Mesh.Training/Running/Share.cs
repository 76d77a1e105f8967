namespace Mesh.Training.Running;

/// <summary>Numbered things that an attempt has for its time.</summary>
internal sealed class Share(IReadOnlyList<int> numbers, Action<IReadOnlyList<int>> giveBack) : IDisposable
{
    public IReadOnlyList<int> Numbers { get; } = numbers;

    public void Dispose() => giveBack(Numbers);
}
