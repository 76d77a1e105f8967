namespace Mesh.Onnx.Evaluation;

/// <summary>
/// Walks a result's rows along its last dimension while keeping the places of up to three operands, whose strides may be zero (repeated)
/// or negative (reversed).
/// </summary>
internal ref struct StridedLoop
{
    private readonly ReadOnlySpan<int> shape;
    private readonly ReadOnlySpan<int> first;
    private readonly ReadOnlySpan<int> second;
    private readonly ReadOnlySpan<int> third;
    private readonly int[] index;
    private bool started;

    public StridedLoop(ReadOnlySpan<int> shape, ReadOnlySpan<int> first, ReadOnlySpan<int> second = default, ReadOnlySpan<int> third = default)
    {
        this.shape = shape;
        this.first = first;
        this.second = second;
        this.third = third;
        index = new int[shape.Length];
        Rows = 1;
        RowLength = shape.Length == 0 ? 1 : shape[^1];
        for (int i = 0; i < shape.Length - 1; i++) Rows *= shape[i];
        if (RowLength == 0) Rows = 0;
    }

    public int Rows { get; private set; }

    public int RowLength { get; }

    public int FirstOffset { get; private set; }

    public int SecondOffset { get; private set; }

    public int ThirdOffset { get; private set; }

    /// <summary>Goes to the next row, if there is one.</summary>
    public bool Next()
    {
        if (Rows == 0) return false;
        Rows--;
        if (!started)
        {
            started = true;
            return true;
        }

        for (int d = shape.Length - 2; d >= 0; d--)
        {
            if (++index[d] < shape[d])
            {
                Move(d, 1);
                return true;
            }

            index[d] = 0;
            Move(d, 1 - shape[d]);
        }

        return true;
    }

    private void Move(int dimension, int steps)
    {
        FirstOffset += first[dimension] * steps;
        if (!second.IsEmpty) SecondOffset += second[dimension] * steps;
        if (!third.IsEmpty) ThirdOffset += third[dimension] * steps;
    }
}
