"""What only training needs: losses and softmax by rows, clipping, updates of the weights."""
